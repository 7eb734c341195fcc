use super::{ClassId, PixelRule, Polygon, Rle};
use crate::error::At;
use crate::{Error, Result};

/// Where an object is.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// The area that some polygons cover together.
    Polygons(Vec<Polygon>),
    /// A mask of the image's size.
    Rle(Rle),
}

/// One object.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// What the source calls it, for messages: `annotation 1768`.
    pub name: String,
    /// Its number in the source, kept by formats that number objects over all images.
    pub id: Option<i64>,
    /// Its class.
    pub class: ClassId,
    /// Where it is.
    pub shape: Shape,
    /// How sure a model is of it.
    pub score: Option<f64>,
    /// True if it stands for a group of objects that nobody told apart.
    pub crowd: bool,
}

/// The objects of one image, in the order of their source. They may overlap.
///
/// # Guarantees
/// The image has pixels, and masks are of its size. Vertices may lie off the image.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceSet {
    width: u32,
    height: u32,
    rule: PixelRule,
    /// The image's number in the source.
    id: Option<i64>,
    instances: Vec<Instance>,
}

impl InstanceSet {
    /// Objects in an image of that size. `rule` is that of the format's reference tool.
    ///
    /// # Errors
    /// A side of zero; a mask of another size.
    pub fn new(width: u32, height: u32, rule: PixelRule, instances: Vec<Instance>) -> Result<Self> {
        if width == 0 || height == 0 {
            return Err(Error::invalid("the image has no pixels").found(format!("{width} × {height}")));
        }
        for instance in &instances {
            if let Shape::Rle(rle) = &instance.shape
                && (rle.width(), rle.height()) != (width, height)
            {
                return Err(Error::invalid("a mask has another size than its image")
                    .at(At::Entry(instance.name.clone()))
                    .found(format!("{} × {}", rle.width(), rle.height()))
                    .expected(format!("{width} × {height} (width × height)")));
            }
        }
        Ok(InstanceSet { width, height, rule, id: None, instances })
    }

    /// The same objects with the number that the source gives their image.
    pub fn with_id(mut self, id: Option<i64>) -> Self {
        self.id = id;
        self
    }

    /// The same objects, whose polygons cover pixels by another rule.
    pub fn with_rule(mut self, rule: PixelRule) -> Self {
        self.rule = rule;
        self
    }

    /// The image's number in the source, kept by formats that number images.
    pub fn id(&self) -> Option<i64> {
        self.id
    }

    /// Columns of the image.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows of the image.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Which pixels the polygons cover.
    pub fn rule(&self) -> PixelRule {
        self.rule
    }

    /// The objects.
    pub fn as_slice(&self) -> &[Instance] {
        &self.instances
    }
}
