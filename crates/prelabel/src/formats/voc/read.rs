//! The reader: a class map, and an object map where there is one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{CLASSES, LISTS, OBJECTS, VOID, below, class_list, is_png, palette_index, void_id};
use crate::error::At;
use crate::formats::{ReadOptions, Reader};
use crate::model::{
    Class, ClassId, ClassList, Color, Content, Grid, Key, LabelMap, Mask, Rgba, Sample, Segment, SegmentMap, stem,
};
use crate::pixels::{LabelImage, png};
use crate::report::{Finding, Report, Severity};
use crate::transform;
use crate::tree::Source;
use crate::{Error, Limits, Result};

pub(super) fn open(source: Arc<dyn Source>, options: ReadOptions, report: &Report) -> Result<Box<dyn Reader>> {
    let paths = source.paths();
    let is_map = |path: &str| below(path, CLASSES).is_some() && is_png(path);
    let maps: Vec<u32> = (0u32..).zip(paths.iter()).filter(|(_, path)| is_map(path)).map(|(index, _)| index).collect();
    let roots: BTreeSet<String> = maps
        .iter()
        .filter_map(|&index| paths.get(index as usize))
        .filter_map(|path| below(&path, CLASSES).map(|(root, _)| root.to_owned()))
        .collect();
    let classes = class_list(&*source, roots.first().map_or("", String::as_str), &options)?;
    for path in paths.iter().filter(|path| path.ends_with(".txt")) {
        if let Some((root, name)) = below(&path, LISTS) {
            compare(&*source, &path, root, name, &options.limits, report)?;
        }
    }
    let several = roots.len() > 1;
    Ok(Box::new(VocReader { source, maps, several, classes, limits: options.limits }))
}

/// Names of a list without a map; those of a test set have none.
fn compare(source: &dyn Source, path: &str, root: &str, name: &str, limits: &Limits, report: &Report) -> Result<()> {
    if name.contains("test") {
        return Ok(());
    }
    let bytes = source.read(path, limits)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().enumerate().filter_map(|(line, text)| Some((line, text.split_whitespace().next()?)));
    let without: Vec<(usize, &str)> =
        lines.filter(|(_, key)| !source.paths().contains(&format!("{root}{CLASSES}{key}.png"))).collect();
    if let Some((line, key)) = without.first() {
        let finding = Finding::new("listed-without-map", Severity::Warning, "a list names images that have no map");
        report.finding(
            finding
                .in_file(source.display(path))
                .at(At::Line(line + 1, 1))
                .detail(format!("{}; the first is `{key}`", without.len()))
                .hint("fetch their maps, or take them out of the list"),
        );
    }
    Ok(())
}

struct VocReader {
    source: Arc<dyn Source>,
    /// Indices of the paths of class maps.
    maps: Vec<u32>,
    /// There are several trees of this layout: keys begin with theirs.
    several: bool,
    classes: ClassList,
    limits: Limits,
}

impl VocReader {
    fn path(&self, index: usize) -> String {
        self.source.paths().get(self.maps[index] as usize).unwrap_or_default()
    }

    /// Class IDs of a class map.
    fn class_map(&self, path: &str) -> Result<LabelMap> {
        let bytes = self.source.read(path, &self.limits)?;
        match png::decode(&bytes, &self.limits)? {
            LabelImage::Codes(grid, _) => {
                let void = void_id(&self.classes).unwrap_or(ClassId::from(VOID));
                let id = |id: ClassId| if id == ClassId::from(VOID) { void } else { id };
                Ok(LabelMap::new(grid).map_ids(id))
            }
            LabelImage::Colors(mask) => self.by_color(mask),
        }
    }

    fn by_color(&self, mask: Mask) -> Result<LabelMap> {
        let mut ids = vec![0; mask.colors().len()];
        for (color, found) in mask.occurrences() {
            let id = Some(color).filter(|color| color.0[3] == 255).and_then(|color| self.class_of(color.color()));
            ids[found.code as usize] = id.ok_or_else(|| {
                Error::invalid(format!("no class has the colour {}", color.color()))
                    .at(At::Pixel(found.first.0, found.first.1))
                    .found(format!("{color} at {} pixels, the first here", found.pixels))
                    .expected("a colour of `labelmap.txt`, or of VOC's palette with a class of the list")
                    .hint("name the list that has it with `--classes`")
            })?;
        }
        LabelMap::with_ids(mask.into_parts().0, ids)
    }

    fn class_of(&self, color: Color) -> Option<ClassId> {
        let classes = self.classes.classes();
        let own = |void: bool| classes.iter().find(|class| class.color == Some(color) && class.is_void() == void);
        let listed = own(false).or_else(|| own(true)).map(|class: &Class| class.id);
        listed.or_else(|| match palette_index(color)? {
            VOID => void_id(&self.classes),
            index => self.classes.get(ClassId::from(index)).map(|class| class.id),
        })
    }

    /// Object numbers of an object map: 0 is none.
    fn object_map(&self, path: &str) -> Result<(Grid, Vec<u32>)> {
        let bytes = self.source.read(path, &self.limits)?;
        let (grid, mut numbers) = match png::decode(&bytes, &self.limits)? {
            LabelImage::Codes(grid, _) => {
                let codes = grid.occurrences().last().map_or(0, |found| found.code);
                (grid, (0..=codes).collect::<Vec<u32>>())
            }
            LabelImage::Colors(mask) => {
                let numbers = numbers_of(mask.colors());
                (mask.into_parts().0, numbers)
            }
        };
        for number in numbers.iter_mut().filter(|number| **number == u32::from(VOID)) {
            *number = 0;
        }
        Ok((grid, numbers))
    }

    /// Class map and object map as one.
    fn joined(
        &self,
        map: &LabelMap,
        objects: &Grid,
        numbers: &[u32],
        path: &str,
        report: &Report,
    ) -> Result<SegmentMap> {
        let (grid, table) = transform::pairs(map.grid(), objects)?;
        let number = |code: u32| numbers.get(code as usize).copied().unwrap_or(0);
        let mut under: BTreeMap<u32, BTreeMap<ClassId, u64>> = BTreeMap::new();
        for found in grid.occurrences() {
            let (class, object) = table[found.code as usize];
            *under.entry(number(object)).or_default().entry(map.id_of(class)).or_default() += found.pixels;
        }
        under.remove(&0);
        let labelled = |id: &ClassId| self.classes.get(*id).is_some_and(|class| self.classes.is_labelled(class));
        let mut counts: BTreeMap<ClassId, u32> = BTreeMap::new();
        // By object number: its class, and its number in that.
        let mut objects: BTreeMap<u32, (ClassId, u32)> = BTreeMap::new();
        for (&object, classes) in &under {
            // Of equally many, the least ID.
            let main = classes.iter().rev().filter(|(id, _)| labelled(id)).max_by_key(|(_, pixels)| **pixels);
            let Some((&class, _)) = main else { continue };
            let count = counts.entry(class).or_default();
            *count += 1;
            objects.insert(object, (class, *count));
        }
        let differs =
            |class: ClassId, object: u32| object != 0 && objects.get(&object).is_none_or(|own| own.0 != class);
        let mut odd: Option<((u32, u32), u64)> = None;
        for found in grid.occurrences() {
            let (class, object) = table[found.code as usize];
            if differs(map.id_of(class), number(object)) {
                let (first, pixels) = odd.get_or_insert((found.first, 0));
                *pixels += found.pixels;
                if (found.first.1, found.first.0) < (first.1, first.0) {
                    *first = found.first;
                }
            }
        }
        if let Some((first, pixels)) = odd {
            let finding = Finding::new(
                "object-class",
                Severity::Warning,
                "objects have pixels of another class than their own: these keep that class, without a number",
            );
            let finding = finding.in_file(self.source.display(path)).at(At::Pixel(first.0, first.1));
            report.finding(finding.detail(format!("{pixels} pixels, the first here")));
        }
        let segment = |&(class, object): &(u32, u32)| {
            let class = map.id_of(class);
            let instance = objects.get(&number(object)).filter(|own| own.0 == class).map(|own| own.1);
            Segment { class, instance }
        };
        SegmentMap::new(grid, table.iter().map(segment).collect())
    }
}

/// Numbers for colours: the palette's index if all are of it, else as they come. Black is none, VOC's beige is void.
fn numbers_of(colors: &[Rgba]) -> Vec<u32> {
    let indices: Option<Vec<u32>> = colors.iter().map(|color| palette_index(color.color()).map(u32::from)).collect();
    indices.unwrap_or_else(|| {
        let mut next = 0;
        let number = |color: &Rgba| match palette_index(color.color()) {
            Some(0 | VOID) => 0,
            _ => {
                next += 1;
                // 255 is void.
                next += u32::from(next == u32::from(VOID));
                next
            }
        };
        colors.iter().map(number).collect()
    })
}

impl Reader for VocReader {
    fn classes(&self) -> Option<&ClassList> {
        Some(&self.classes)
    }

    fn len(&self) -> usize {
        self.maps.len()
    }

    fn key(&self, index: usize) -> Result<Key> {
        let path = self.path(index);
        let (root, name) = below(&path, CLASSES).unwrap_or_default();
        let key = if self.several { format!("{root}{}", stem(name)) } else { stem(name).to_owned() };
        Key::new(&key).map_err(|error| error.in_file(self.file(index)))
    }

    fn file(&self, index: usize) -> String {
        self.source.display(&self.path(index))
    }

    fn memory(&self, index: usize) -> u64 {
        let start = self.source.read_start(&self.path(index), 4096);
        let header = start.and_then(|start| png::header(&start, &self.limits));
        header.map_or(1 << 20, |header| u64::from(header.width) * u64::from(header.height) * 12)
    }

    fn read(&self, index: usize, report: &Report) -> Result<Sample> {
        let key = self.key(index)?;
        let path = self.path(index);
        let map = self.class_map(&path).map_err(|error| error.in_file(self.file(index)))?;
        let (root, name) = below(&path, CLASSES).unwrap_or_default();
        let beside = format!("{root}{OBJECTS}{name}");
        if !self.source.paths().contains(&beside) {
            return Ok(Sample { key, content: Content::LabelMap(map) });
        }
        let joined = self
            .object_map(&beside)
            .and_then(|(objects, numbers)| self.joined(&map, &objects, &numbers, &beside, report))
            .map_err(|error| error.in_file(self.source.display(&beside)))?;
        Ok(Sample { key, content: Content::Segments(joined) })
    }
}
