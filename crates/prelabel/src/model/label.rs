use std::fmt;

/// The text of a legend entry, taken apart: a class, or one numbered object of it.
///
/// Written `car` or `car # 1`. Reading accepts any spacing around the `#`. A number without `#`
/// (`Car 1`, which stands in the platform's own example) belongs to the class's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    /// The class's name.
    pub class: String,
    /// The instance number, from 1.
    pub instance: Option<u32>,
}

impl Label {
    /// The label of a whole class.
    pub fn class(name: impl Into<String>) -> Self {
        Label { class: name.into(), instance: None }
    }

    /// Takes a label's text apart. A text that is no instance form is a class's name as it stands.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        if let Some((class, number)) = text.rsplit_once('#') {
            let (class, number) = (class.trim_end(), number.trim());
            let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            if let (false, true, Ok(number @ 1..)) = (class.is_empty(), digits, number.parse()) {
                return Label { class: class.to_owned(), instance: Some(number) };
            }
        }
        Label::class(text)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.instance {
            Some(number) => write!(f, "{} # {number}", self.class),
            None => f.write_str(&self.class),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_any_spacing_and_writes_one() {
        for text in ["car # 4", "car #4", "car#4", " car  #  4 "] {
            let label = Label::parse(text);
            assert_eq!((label.class.as_str(), label.instance), ("car", Some(4)), "{text}");
            assert_eq!(label.to_string(), "car # 4");
        }
    }

    #[test]
    fn what_is_no_instance_stays_a_name() {
        for text in ["Car 1", "car # 0", "car # x", "# 3", "C#", "car # +3"] {
            assert_eq!(Label::parse(text), Label::class(text), "{text}");
        }
    }
}
