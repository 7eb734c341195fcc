//! Reading a legend as strictly as its documentation allows.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use crate::answer::Refusal;

/// The field that all refusals here name.
pub(crate) const FIELD: &str = "maker_response.raster.data.legend";

/// The colours of a legend whose entries are one to one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Legend(HashSet<[u8; 3]>);

impl Legend {
    /// Reads the entries.
    pub(crate) fn read(entries: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut legend = Legend::default();
        let mut seen = HashMap::new();
        for (key, label) in entries {
            let color = parse_color(key)?;
            let Some(label) = label.as_str().filter(|label| !label.trim().is_empty()) else {
                let message = format!("`{key}`: found {label}, expected a label that is not empty");
                return Err(Refusal::invalid_field(FIELD, message));
            };
            if let Some(other) = seen.insert(label, key) {
                let message = format!("`{other}` and `{key}` have the same label `{label}`; expected each label once");
                return Err(Refusal::invalid_field(FIELD, message));
            }
            if !legend.0.insert(color) {
                let message = format!("`{key}`: this colour stands twice, in upper and lower case");
                return Err(Refusal::invalid_field(FIELD, message));
            }
        }
        Ok(legend)
    }

    /// Whether a colour has a label.
    pub(crate) fn has(&self, color: [u8; 3]) -> bool {
        self.0.contains(&color)
    }
}

fn parse_color(key: &str) -> Result<[u8; 3], Refusal> {
    let refuse = |found: String| {
        let message = format!("`{key}`: found {found}, expected `#` and 6 hex digits");
        Err(Refusal::invalid_field(FIELD, message))
    };
    let Some(digits) = key.strip_prefix('#') else { return refuse("no `#`".to_owned()) };
    if let Some(wrong) = digits.chars().find(|digit| !digit.is_ascii_hexdigit()) {
        return refuse(format!("`{}`, which is no hex digit", wrong.escape_default()));
    }
    if digits.len() != 6 {
        return refuse(format!("{} digits", digits.len()));
    }
    let Ok(value) = u32::from_str_radix(digits, 16) else { return refuse(digits.to_owned()) };
    if value == 0 {
        return refuse("black, which means unlabelled".to_owned());
    }
    let [_, red, green, blue] = value.to_be_bytes();
    Ok([red, green, blue])
}

/// A colour as the legend writes it.
pub(crate) fn hex(color: [u8; 3]) -> String {
    let [red, green, blue] = color;
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<Legend, String> {
        Legend::read(value.as_object().unwrap()).map_err(|refusal| refusal.message().to_owned())
    }

    #[test]
    fn colours_have_labels() {
        let legend = read(json!({"#f23334": "car # 1", "#FD2D34": "sky"})).unwrap();
        assert!(legend.has([0xf2, 0x33, 0x34]));
        assert!(legend.has([0xfd, 0x2d, 0x34]));
        assert!(!legend.has([1, 2, 3]));
        assert_eq!(hex([0xf2, 0x33, 0x04]), "#f23304");
    }

    #[test]
    fn each_broken_legend_is_told_what_is_wrong() {
        for (legend, words) in [
            (json!({"#fdffd34": "a"}), "`#fdffd34`: found 7 digits"),
            (json!({"f23334": "a"}), "no `#`"),
            (json!({"#f2333": "a"}), "5 digits"),
            (json!({"#f2333g": "a"}), "`g`, which is no hex digit"),
            (json!({"#+23334": "a"}), "`+`, which is no hex digit"),
            (json!({"#": "a"}), "0 digits"),
            (json!({"rgb(1, 2, 3)": "a"}), "no `#`"),
            (json!({"#000000": "a"}), "black"),
            (json!({"#f23334": ""}), "not empty"),
            (json!({"#f23334": "  "}), "not empty"),
            (json!({"#f23334": 3}), "found 3"),
            (json!({"#f23334": "a", "#f23335": "a"}), "same label `a`"),
            (json!({"#F23334": "a", "#f23334": "b"}), "stands twice"),
        ] {
            let message = read(legend).unwrap_err();
            assert!(message.contains(words), "{message}");
            assert!(message.contains(FIELD), "{message}");
        }
    }
}
