/// Many relative paths in little memory: one text, and where each path ends in it.
///
/// 100,000 paths as strings of their own would take more memory than all else in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paths {
    text: String,
    ends: Vec<usize>,
}

impl Paths {
    /// The paths in byte order; what stands twice is kept once.
    pub fn sorted(unsorted: Paths) -> Self {
        let mut order: Vec<usize> = (0..unsorted.len()).collect();
        order.sort_unstable_by_key(|&index| unsorted.get(index));
        order.dedup_by_key(|index| unsorted.get(*index));
        let mut sorted =
            Paths { text: String::with_capacity(unsorted.text.len()), ends: Vec::with_capacity(unsorted.len()) };
        for index in order {
            sorted.push(unsorted.get(index).unwrap_or_default());
        }
        sorted
    }

    /// Adds a path at the end.
    pub fn push(&mut self, path: &str) {
        self.text.push_str(path);
        self.ends.push(self.text.len());
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Path number `index`.
    pub fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        self.text.get(start..end)
    }

    /// All paths in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        (0..self.len()).map(|index| self.get(index).unwrap_or_default())
    }

    /// The index of a path in a sorted list.
    pub fn position(&self, path: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle)?.cmp(path) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// True if a sorted list holds the path.
    pub fn contains(&self, path: &str) -> bool {
        self.position(path).is_some()
    }
}

impl<'a> FromIterator<&'a str> for Paths {
    fn from_iter<I: IntoIterator<Item = &'a str>>(paths: I) -> Self {
        let mut collected = Paths::default();
        for path in paths {
            collected.push(path);
        }
        collected
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted_unique_and_found() {
        let paths = Paths::sorted(["b/a", "a", "b", "a", "é"].into_iter().collect());
        assert_eq!(paths.iter().collect::<Vec<_>>(), ["a", "b", "b/a", "é"]);
        assert_eq!(paths.position("b/a"), Some(2));
        assert!(!paths.contains("c"));
        assert!(Paths::default().is_empty());
    }
}
