use super::read::parse;
use crate::model::ClassList;
use crate::{Error, Result};

/// A class list of a published data set. Its source stands in its file.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// What users type.
    pub name: &'static str,
    json: &'static str,
}

macro_rules! presets {
    ($($name:literal),* $(,)?) => {
        &[$(Preset { name: $name, json: include_str!(concat!("presets/", $name, ".json")) }),*]
    };
}

/// All presets: one file and one name here make a preset.
pub static PRESETS: &[Preset] = presets![
    "ade20k",
    "ade20k-zero",
    "camvid",
    "camvid32",
    "cityscapes",
    "cityscapes-train",
    "coco",
    "coco-panoptic",
    "coco-stuff",
    "kitti",
    "mapillary",
    "voc",
];

/// The preset of a name.
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

impl Preset {
    /// The class list.
    ///
    /// # Errors
    /// None: a test reads every preset.
    pub fn classes(&self) -> Result<ClassList> {
        Ok(parse(self.json.as_bytes(), self.name)?.list)
    }

    /// Title and source.
    ///
    /// # Errors
    /// None: a test reads every preset.
    pub fn about(&self) -> Result<(String, String)> {
        #[derive(serde::Deserialize)]
        struct About {
            title: String,
            source: String,
        }
        let about: About =
            serde_json::from_str(self.json).map_err(|error| Error::invalid("the preset is broken").source(error))?;
        Ok((about.title, about.source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Color;

    #[test]
    fn every_preset_is_a_valid_list_with_a_source() {
        for preset in PRESETS {
            let list = preset.classes().unwrap_or_else(|error| panic!("{}: {error}", preset.name));
            let (title, source) = preset.about().unwrap();
            assert!(!title.is_empty() && source.len() > 20, "{}", preset.name);
            assert!(list.classes().len() > 10, "{}", preset.name);
        }
    }

    #[test]
    fn voc_has_the_palette_of_bit_reversal() {
        let list = preset("voc").unwrap().classes().unwrap();
        for class in list.classes() {
            let (mut index, mut color) = (class.id as u32, [0u8; 3]);
            for bit in (0..8).rev() {
                for channel in &mut color {
                    *channel |= ((index & 1) << bit) as u8;
                    index >>= 1;
                }
            }
            assert_eq!(class.color, Some(Color::new(color[0], color[1], color[2])), "{}", class.name);
        }
        assert_eq!(list.background(), Some(0));
    }
}
