use std::collections::BTreeMap;
use std::fmt;

use super::{Color, Label, Problem};
use crate::error::At;
use crate::{Error, Result};

/// One line of a legend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegendEntry {
    /// The colour of its pixels.
    pub color: Color,
    /// What they are.
    pub label: Label,
}

/// Colour ↔ label, one to one, in the order of the file.
///
/// # Guarantees
/// Colours and labels are unique; no colour is `#000000`, no label is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Legend {
    entries: Vec<LegendEntry>,
    by_color: BTreeMap<Color, usize>,
}

/// A legend as it was written: nothing is checked, nothing is lost, so that a validator can name it all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawLegend {
    /// Colour and label text in the order of the file.
    pub entries: Vec<(String, String)>,
}

impl RawLegend {
    /// Reads both forms: an object `{"#rrggbb": "label"}`, and the list of the platform's results,
    /// `[{"color": "rgb(r, g, b)", "text": "label"}]`. Keys that stand twice are kept twice.
    ///
    /// # Errors
    /// Text that is not JSON, or JSON of another form.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        serde_json::from_slice(bytes).map_err(|error| {
            let place = match (error.line(), error.column()) {
                (0, _) => None,
                (line, column) => Some(At::Line(line, column)),
            };
            let what = error.to_string();
            let what = what.split(" at line ").next().unwrap_or_default().to_owned();
            let wrong = Error::invalid(format!("the legend cannot be read: {what}"))
                .expected("a JSON object `{\"#rrggbb\": \"label\"}`");
            match place {
                Some(place) => wrong.at(place),
                None => wrong,
            }
        })
    }

    /// Everything that is wrong with it.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut colors: BTreeMap<Color, &str> = BTreeMap::new();
        let mut labels: BTreeMap<Label, &str> = BTreeMap::new();
        for (key, text) in &self.entries {
            let color = match key.parse::<Color>() {
                Ok(color) => Some(color),
                Err(error) => {
                    let found = error.found_text().unwrap_or("something else").to_owned();
                    let problem = Problem::new(key, format!("the legend key is not a colour: found {found}"));
                    problems.push(problem.rule("PL001").hint("write `#` and 6 hex digits, such as `#f23334`"));
                    None
                }
            };
            if text.trim().is_empty() {
                let problem = Problem::new(key, "the label of this colour is empty");
                problems.push(problem.rule("PL004").hint("write the class's name"));
            } else if let Some(other) = labels.insert(Label::parse(text), key) {
                let message = format!("the label `{text}` stands twice; its other colour is {other}");
                problems.push(
                    Problem::new(key, message)
                        .rule("PL003")
                        .hint("a label has one colour; remove or rename one of the two"),
                );
            }
            let Some(color) = color else { continue };
            if color == Color::BLACK {
                let problem =
                    Problem::new(key, format!("`#000000` is the colour of unlabelled pixels, here it is `{text}`"));
                problems.push(problem.rule("PL005").hint("remove the entry, or give the class another colour"));
            } else if let Some(other) = colors.insert(color, text) {
                let message = format!("the colour {color} stands twice: `{other}` and `{text}`");
                problems.push(Problem::new(key, message).rule("PL002").hint("give each label a colour of its own"));
            }
        }
        problems
    }

    /// The legend that it is, if nothing is wrong with it.
    ///
    /// # Errors
    /// The first of [`RawLegend::problems`].
    pub fn check(&self) -> Result<Legend> {
        let mut problems = self.problems();
        if !problems.is_empty() {
            let first = problems.remove(0);
            return Err(first.into_error(problems.len()));
        }
        let parsed =
            self.entries.iter().map(|(key, text)| Ok(LegendEntry { color: key.parse()?, label: Label::parse(text) }));
        Ok(Legend::unchecked(parsed.collect::<Result<_>>()?))
    }
}

impl Legend {
    /// A legend of these entries, in this order.
    ///
    /// # Errors
    /// A colour or a label that stands twice, `#000000`, an empty label.
    pub fn new(entries: Vec<LegendEntry>) -> Result<Self> {
        let raw = entries.iter().map(|entry| (entry.color.to_string(), entry.label.to_string()));
        RawLegend { entries: raw.collect() }.check()?;
        Ok(Legend::unchecked(entries))
    }

    fn unchecked(entries: Vec<LegendEntry>) -> Self {
        let by_color = entries.iter().enumerate().map(|(index, entry)| (entry.color, index)).collect();
        Legend { entries, by_color }
    }

    /// The entries, in the order of the file.
    pub fn entries(&self) -> &[LegendEntry] {
        &self.entries
    }

    /// The label of a colour.
    pub fn label(&self, color: Color) -> Option<&Label> {
        self.by_color.get(&color).and_then(|&index| self.entries.get(index)).map(|entry| &entry.label)
    }

    /// The entry whose colour is nearest to `color`, for messages.
    pub fn nearest(&self, color: Color) -> Option<&LegendEntry> {
        self.entries.iter().min_by_key(|entry| entry.color.distance(color))
    }

    /// True if it has no entry: the legend of a mask without labelled pixels.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The legend as the platform takes it: a JSON object, one entry a line, lower case.
    pub fn to_json(&self) -> Vec<u8> {
        let mut text = String::from("{");
        for (index, entry) in self.entries.iter().enumerate() {
            let label = serde_json::Value::String(entry.label.to_string());
            let comma = if index == 0 { "" } else { "," };
            text.push_str(&format!("{comma}\n  \"{}\": {label}", entry.color));
        }
        text.push_str(if self.entries.is_empty() { "}\n" } else { "\n}\n" });
        text.into_bytes()
    }
}

impl<'de> serde::Deserialize<'de> for RawLegend {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Visitor;

        /// An entry of the list form; the platform calls the label `text`, and `value` beside it.
        #[derive(serde::Deserialize)]
        struct ListEntry {
            color: String,
            #[serde(alias = "value")]
            text: Option<String>,
        }

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = RawLegend;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a legend object `{\"#rrggbb\": \"label\"}`, or the platform's list of `color` and `text`")
            }

            // An own visitor, because a map type would drop keys that stand twice.
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> std::result::Result<RawLegend, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry::<String, String>()? {
                    entries.push(entry);
                }
                Ok(RawLegend { entries })
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<RawLegend, A::Error> {
                let mut entries = Vec::new();
                while let Some(value) = seq.next_element::<serde_json::Map<String, serde_json::Value>>()? {
                    // `text` and `value` may both be there, which an alias alone would refuse.
                    let mut value = value;
                    if value.contains_key("text") {
                        value.remove("value");
                    }
                    let entry: ListEntry =
                        serde_json::from_value(serde_json::Value::Object(value)).map_err(serde::de::Error::custom)?;
                    entries.push((entry.color, entry.text.unwrap_or_default()));
                }
                Ok(RawLegend { entries })
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_object_and_the_list_form() {
        let object = RawLegend::from_json(br##"{"#F423F2": "crosswalk", "#010203": "car # 1"}"##).unwrap();
        let list = RawLegend::from_json(
            br#"[{"id": 1, "text": "crosswalk", "color": "rgb(244, 35, 242)", "label_key": 0, "value": "crosswalk"},
                 {"color": "rgb(1,2,3)", "value": "car # 1"}]"#,
        );
        assert_eq!(object.check().unwrap(), list.unwrap().check().unwrap());
    }

    #[test]
    fn names_every_problem_with_its_rule() {
        let raw = RawLegend::from_json(
            br##"{"#fdffd34": "a", "#010203": "b", "#010203": "c", "#040506": "b", "#070809": " ", "#000000": "d"}"##,
        );
        let rules: Vec<_> = raw.unwrap().problems().into_iter().filter_map(|problem| problem.rule).collect();
        assert_eq!(rules, ["PL001", "PL002", "PL003", "PL004", "PL005"]);
    }

    #[test]
    fn writes_what_it_reads() {
        let raw = RawLegend::from_json(br##"{"#F423F2": "a \"b\"", "#010203": "car #1"}"##).unwrap();
        let json = raw.check().unwrap().to_json();
        assert_eq!(
            String::from_utf8_lossy(&json),
            "{\n  \"#f423f2\": \"a \\\"b\\\"\",\n  \"#010203\": \"car # 1\"\n}\n"
        );
        assert_eq!(Legend::default().to_json(), b"{}\n");
    }

    #[test]
    fn bad_json_is_placed() {
        let error = RawLegend::from_json(b"{\"#010203\": 7}").unwrap_err();
        assert!(error.to_string().starts_with("line 1, column"), "{error}");
        assert!(RawLegend::from_json(b"").is_err());
        assert!(RawLegend::from_json(&[b'['; 100_000]).is_err());
    }
}
