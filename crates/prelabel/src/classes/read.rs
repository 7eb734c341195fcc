use serde_json::Value;

use crate::error::At;
use crate::model::{Class, ClassId, ClassKind, ClassList, Color};
use crate::{Error, Result};

/// A class list as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The list.
    pub list: ClassList,
    /// True if the source gives no IDs, so that they were counted: these lists can be shifted by one.
    pub counted: bool,
}

/// Reads a class list: names one a line; `labelmap.txt` (`name:r,g,b:parts:actions`); `label_colors.txt`
/// (`r g b name`); JSON of our own form, a list of names or of objects, `id2label`, COCO `categories`,
/// Mapillary `labels`, an object from ID to name; YAML with `names` (`data.yaml`).
///
/// `file` is its name, whose extension settles YAML against plain text.
///
/// # Errors
/// Text that is none of these; a list with problems.
pub fn parse(bytes: &[u8], file: &str) -> Result<Parsed> {
    let read = || {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            Error::invalid("the class list is no UTF-8 text").at(At::Byte(error.valid_up_to() as u64))
        })?;
        let text = text.trim_start_matches('\u{feff}');
        let lower = file.to_lowercase();
        let (classes, counted) = if text.trim_start().starts_with(['{', '[']) {
            from_json(text)?
        } else if lower.ends_with(".yaml") || lower.ends_with(".yml") {
            from_yaml(text)?
        } else {
            from_lines(text)?
        };
        Ok(Parsed { list: ClassList::new(classes)?, counted })
    };
    read().map_err(|error: Error| error.in_file(file))
}

/// The class list of COCO's `categories`.
///
/// # Errors
/// An entry without ID or name; a list with problems.
pub(crate) fn of_categories(entries: &Value) -> Result<ClassList> {
    ClassList::new(names_of(entries, "/categories")?.0)
}

fn from_lines(text: &str) -> Result<(Vec<Class>, bool)> {
    let lines = || {
        text.lines()
            .enumerate()
            .map(|(number, line)| (number + 1, line.trim_end()))
            .filter(|(_, line)| !line.trim().is_empty())
    };
    let content = || lines().filter(|(_, line)| !line.starts_with('#'));
    if content().next().is_some() && content().all(|(_, line)| line.matches(':').count() == 3) {
        return Ok((
            content().map(labelmap_line).collect::<Result<Vec<_>>>()?.into_iter().enumerate().map(number).collect(),
            true,
        ));
    }
    if content().next().is_some() && content().all(|(_, line)| color_line(line).is_some()) {
        let classes = content().filter_map(|(_, line)| color_line(line)).enumerate().map(number);
        return Ok((classes.collect(), true));
    }
    let names: Vec<(usize, &str)> = lines().collect();
    if let Some((line, text)) = names.iter().find(|(_, text)| text.chars().count() > 200) {
        return Err(Error::invalid("a line of the class list is too long for a name")
            .at(At::Line(*line, 1))
            .found(format!("{} characters", text.chars().count()))
            .hint("a class list in text form has one name a line"));
    }
    // labelme's convention: the first line is the ignore class, −1 in arrays and 255 in PNGs.
    let labelme = names.first().is_some_and(|(_, name)| name.trim() == "__ignore__");
    let first: ClassId = if labelme { -1 } else { 0 };
    let mut classes: Vec<Class> =
        names.iter().enumerate().map(|(index, (_, name))| Class::new(first + index as ClassId, name.trim())).collect();
    if labelme && classes.len() < 256 {
        classes.push(Class { kind: Some(ClassKind::Void), ..Class::new(255, "__ignore__ (255)") });
    }
    if let Some(background) =
        classes.iter_mut().find(|class| matches!(class.name.as_str(), "background" | "_background_"))
    {
        background.color = Some(Color::BLACK);
    }
    Ok((classes, true))
}

fn number((index, class): (usize, Class)) -> Class {
    Class { id: index as ClassId, ..class }
}

fn labelmap_line((line, text): (usize, &str)) -> Result<Class> {
    let mut fields = text.split(':');
    let (name, color) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
    let color = match color.trim() {
        "" => None,
        color => {
            Some(format!("rgb({color})").parse().map_err(|error: Error| error.at(At::Line(line, name.len() + 2)))?)
        }
    };
    Ok(Class { color, ..Class::new(0, name.trim()) })
}

/// `r g b name`, as in CamVid's `label_colors.txt`.
fn color_line(line: &str) -> Option<Class> {
    let mut rest = line.trim_start();
    let mut channels = [0u8; 3];
    for channel in &mut channels {
        let (word, after) = rest.split_once(char::is_whitespace)?;
        *channel = word.parse().ok()?;
        rest = after.trim_start();
    }
    let name = rest.trim();
    (!name.is_empty())
        .then(|| Class { color: Some(Color::new(channels[0], channels[1], channels[2])), ..Class::new(0, name) })
}

fn from_yaml(text: &str) -> Result<(Vec<Class>, bool)> {
    let value: Value = serde_saphyr::from_str(text).map_err(|error| {
        Error::invalid("the class list is no YAML that can be read").found(first_line(&error.to_string()))
    })?;
    match value.get("names") {
        Some(names) => names_of(names, "/names"),
        None => Err(Error::invalid("the YAML file names no classes").expected("a list or a mapping under `names`")),
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

fn from_json(text: &str) -> Result<(Vec<Class>, bool)> {
    let value: Unique = serde_json::from_str(text).map_err(|error| {
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or_default().to_owned();
        Error::invalid("the class list is no JSON that can be read")
            .at(At::Line(error.line(), error.column()))
            .found(what)
    })?;
    let value = value.0;
    for (key, pointer) in [
        ("classes", "/classes"),
        ("categories", "/categories"),
        ("labels", "/labels"),
        ("names", "/names"),
        ("id2label", "/id2label"),
    ] {
        if let Some(inner) = value.get(key).filter(|inner| inner.is_array() || inner.is_object()) {
            return names_of(inner, pointer);
        }
    }
    if value.as_object().is_some_and(|object| object.keys().any(|key| key.starts_with('#'))) {
        return Err(Error::invalid("this is a legend, not a class list: it has no class IDs")
            .hint("give a list of `{\"id\": 1, \"name\": \"car\", \"color\": \"#rrggbb\"}`; for pixels that are colours, that list says both"));
    }
    names_of(&value, "")
}

/// A list of names or of objects, or an object from ID to name.
fn names_of(value: &Value, pointer: &str) -> Result<(Vec<Class>, bool)> {
    match value {
        Value::Array(entries) => {
            let numbered = entries.iter().any(|entry| entry.get("id").is_some());
            let classes = entries
                .iter()
                .enumerate()
                .map(|(index, entry)| entry_class(entry, index, numbered, &format!("{pointer}/{index}")));
            Ok((classes.collect::<Result<_>>()?, !numbered))
        }
        Value::Object(entries) => {
            let classes = entries.iter().map(|(key, name)| {
                let place = || At::Pointer(format!("{pointer}/{key}"));
                let id = key.parse().map_err(|_| {
                    Error::invalid("this is no class ID")
                        .at(place())
                        .found(format!("`{key}`"))
                        .expected("a whole number")
                })?;
                let name = name
                    .as_str()
                    .ok_or_else(|| Error::invalid("this is no class name").at(place()).found(name.to_string()))?;
                Ok(background(Class::new(id, name)))
            });
            Ok((classes.collect::<Result<_>>()?, false))
        }
        other => Err(Error::invalid("the class list is of no known form")
            .at(At::Pointer(pointer.to_owned()))
            .found(other.to_string())
            .expected("a list of names, a list of objects with `id` and `name`, or an object from ID to name")),
    }
}

/// In lists without colours, ID 0 under one of the usual names is the background.
fn background(mut class: Class) -> Class {
    if class.id == 0 && matches!(class.name.as_str(), "background" | "_background_") {
        class.color = class.color.or(Some(Color::BLACK));
    }
    class
}

fn entry_class(entry: &Value, index: usize, numbered: bool, pointer: &str) -> Result<Class> {
    let wrong = |field: &str, found: &Value, expected: &str| {
        let place = if field.is_empty() { pointer.to_owned() } else { format!("{pointer}/{field}") };
        Error::invalid("an entry of the class list is not as it must be")
            .at(At::Pointer(place))
            .found(found.to_string())
            .expected(expected)
    };
    let object = match entry {
        Value::String(name) => return Ok(background(Class::new(index as ClassId, name))),
        Value::Object(object) => object,
        other => return Err(wrong("", other, "a name, or an object with `id` and `name`")),
    };
    let id = match object.get("id") {
        Some(id) => id.as_i64().ok_or_else(|| wrong("id", id, "a whole number"))?,
        None if numbered => return Err(wrong("id", &Value::Null, "a class ID, as the other entries have")),
        None => index as ClassId,
    };
    // Mapillary's `name` is a path of machine names, `readable` is what people see; labels use the latter.
    let name = ["readable", "name", "label"].iter().find_map(|key| object.get(*key));
    let name =
        name.and_then(Value::as_str).ok_or_else(|| wrong("name", name.unwrap_or(&Value::Null), "the class's name"))?;
    let color = match ["color", "hex", "colour"].iter().find_map(|key| object.get_key_value(*key)) {
        None | Some((_, Value::Null)) => None,
        Some((key, Value::String(text))) => {
            Some(text.parse().map_err(|error: Error| error.at(At::Pointer(format!("{pointer}/{key}"))))?)
        }
        Some((key, value)) => Some(color_of(value).ok_or_else(|| wrong(key, value, "`\"#rrggbb\"` or `[r, g, b]`"))?),
    };
    let kind = match (object.get("kind"), object.get("isthing"), object.get("instances")) {
        (Some(kind), _, _) => {
            Some(serde_json::from_value(kind.clone()).map_err(|_| wrong("kind", kind, "`thing`, `stuff` or `void`"))?)
        }
        (None, Some(flag), _) | (None, None, Some(flag)) => {
            match flag.as_bool().or(flag.as_i64().map(|flag| flag != 0)) {
                Some(true) => Some(ClassKind::Thing),
                Some(false) => Some(ClassKind::Stuff),
                None => None,
            }
        }
        _ => None,
    };
    Ok(background(Class { id, name: name.to_owned(), color, kind }))
}

fn color_of(value: &Value) -> Option<Color> {
    let channels: Option<Vec<u8>> =
        value.as_array()?.iter().map(|channel| u8::try_from(channel.as_u64()?).ok()).collect();
    match channels.as_deref() {
        Some(&[r, g, b]) => Some(Color::new(r, g, b)),
        _ => None,
    }
}

/// A JSON value that refuses keys that stand twice: a map type would drop one of them.
struct Unique(Value);

impl<'de> serde::Deserialize<'de> for Unique {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Unique;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("JSON")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> std::result::Result<Unique, A::Error> {
                let mut object = serde_json::Map::new();
                while let Some((key, Unique(value))) = map.next_entry::<String, Unique>()? {
                    if object.insert(key.clone(), value).is_some() {
                        return Err(serde::de::Error::custom(format!("the key `{key}` stands twice")));
                    }
                }
                Ok(Unique(Value::Object(object)))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Unique, A::Error> {
                let mut array = Vec::new();
                while let Some(Unique(value)) = seq.next_element()? {
                    array.push(value);
                }
                Ok(Unique(Value::Array(array)))
            }

            fn visit_bool<E>(self, value: bool) -> std::result::Result<Unique, E> {
                Ok(Unique(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> std::result::Result<Unique, E> {
                Ok(Unique(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> std::result::Result<Unique, E> {
                Ok(Unique(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> std::result::Result<Unique, E> {
                Ok(Unique(value.into()))
            }

            fn visit_str<E>(self, value: &str) -> std::result::Result<Unique, E> {
                Ok(Unique(value.into()))
            }

            fn visit_unit<E>(self) -> std::result::Result<Unique, E> {
                Ok(Unique(Value::Null))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(text: &str, file: &str) -> Vec<(ClassId, String, Option<String>)> {
        let parsed = parse(text.as_bytes(), file).unwrap_or_else(|error| panic!("{error}"));
        let class = |class: &Class| (class.id, class.name.clone(), class.color.map(|color| color.to_string()));
        parsed.list.classes().iter().map(class).collect()
    }

    fn expected(color: Option<&str>) -> Vec<(ClassId, String, Option<String>)> {
        vec![(0, "background".into(), Some("#000000".into())), (1, "traffic light".into(), color.map(Into::into))]
    }

    #[test]
    fn every_form_gives_the_same_list() {
        let plain = expected(None);
        assert_eq!(summary("background\ntraffic light\n\n", "classes.txt"), plain);
        assert_eq!(summary("names: [background, traffic light]\nnc: 2\n", "data.yaml"), plain);
        assert_eq!(summary("names:\n  0: background\n  1: traffic light\n", "data.yaml"), plain);
        assert_eq!(summary(r#"["background", "traffic light"]"#, "c.json"), plain);
        assert_eq!(
            summary(r#"{"id2label": {"0": "background", "1": "traffic light"}, "label2id": {}}"#, "config.json"),
            plain
        );
        assert_eq!(summary(r#"{"1": "traffic light", "0": "background"}"#, "c.json"), plain);
        let colored = expected(Some("#0102ff"));
        assert_eq!(
            summary("# label:color_rgb:parts:actions\nbackground:0,0,0::\ntraffic light:1,2,255::\n", "labelmap.txt"),
            colored
        );
        assert_eq!(summary("0 0 0\tbackground\n1 2 255 traffic light\n", "label_colors.txt"), colored);
        let ours = r##"{"classes": [{"id": 1, "name": "traffic light", "color": "#0102FF"}, {"id": 0, "name": "background", "color": "#000000"}]}"##;
        assert_eq!(summary(ours, "classes.json"), colored);
        let hex = r##"[{"id": 0, "name": "background", "hex": "#000000"}, {"id": 1, "name": "traffic light", "hex": "#0102FF"}]"##;
        assert_eq!(summary(hex, "voc_legend.json"), colored);
        let coco = r#"{"categories": [{"id": 0, "name": "background", "color": [0, 0, 0], "isthing": 0}, {"id": 1, "name": "traffic light", "color": [1, 2, 255], "isthing": 1}]}"#;
        assert_eq!(summary(coco, "panoptic.json"), colored);
    }

    #[test]
    fn labelme_lists_start_at_minus_one() {
        let found = summary("__ignore__\n_background_\ncat\n", "labels.txt");
        let ids: Vec<_> = found.iter().map(|(id, name, _)| (*id, name.as_str())).collect();
        assert_eq!(ids, [(-1, "__ignore__"), (0, "_background_"), (1, "cat"), (255, "__ignore__ (255)")]);
        let list = parse(b"__ignore__\n_background_\ncat\n", "labels.txt").unwrap().list;
        assert!(list.get(255).unwrap().is_void() && list.get(-1).unwrap().is_void());
    }

    #[test]
    fn what_is_written_is_read_back() {
        let list = crate::classes::preset("voc").unwrap().classes().unwrap();
        assert_eq!(parse(&crate::classes::to_json(&list).unwrap(), "classes.json").unwrap().list, list);
    }

    #[test]
    fn mistakes_are_placed() {
        for (text, file, part) in [
            (r##"{"#f23334": "car"}"##, "legend.json", "legend, not a class list"),
            (r#"[{"id": 1, "name": "a"}, {"name": "b"}]"#, "c.json", "/1/id"),
            (r##"[{"id": 1, "name": "a", "color": "#fff"}]"##, "c.json", "/0/color"),
            (r#"{"0": "a", "0": "b"}"#, "c.json", "stands twice"),
            (r#"{"one": "a"}"#, "c.json", "/one"),
            ("[1, 2]", "c.json", "/0"),
            ("{", "c.json", "line 1"),
            ("", "c.txt", "empty"),
            ("a\nb\na\n", "c.txt", "twice"),
            ("nothing: 1\n", "data.yaml", "names"),
        ] {
            let error = parse(text.as_bytes(), file).unwrap_err().to_string();
            assert!(error.contains(part) && error.starts_with(file), "{text}: {error}");
        }
        assert!(parse(b"\xff\xfe", "c.txt").is_err());
    }
}
