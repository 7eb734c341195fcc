//! Sorting by a row or a column: there are few of them, so places are counted instead of compared.

/// Values by the row or column that they belong to, each in the order in which they came. Takes as much room as the
/// rows or columns between the first and the last.
pub(crate) struct Buckets<T> {
    first: u32,
    /// Where each begins, from the first on, and at last the end.
    starts: Vec<u32>,
    values: Vec<T>,
}

impl<T: Copy + Default> Buckets<T> {
    /// `items` are pairs of a bucket and a value.
    pub(crate) fn new(items: &[(u32, T)]) -> Self {
        let numbers = || items.iter().map(|(bucket, _)| *bucket);
        let first = numbers().min().unwrap_or(0);
        let count = numbers().max().map_or(0, |last| (last - first) as usize + 1);
        let mut starts = vec![0u32; count + 2];
        for (bucket, _) in items {
            starts[(bucket - first) as usize + 2] += 1;
        }
        for bucket in 2..starts.len() {
            starts[bucket] += starts[bucket - 1];
        }
        let mut values = vec![T::default(); items.len()];
        for (bucket, value) in items {
            // What is counted here ends as the beginning of the next.
            let next = &mut starts[(bucket - first) as usize + 1];
            values[*next as usize] = *value;
            *next += 1;
        }
        starts.pop();
        Buckets { first, starts, values }
    }

    /// The values of a bucket; nothing for one that no item named.
    pub(crate) fn get(&self, bucket: u32) -> &[T] {
        let place = bucket.checked_sub(self.first).map(|place| place as usize);
        match place.filter(|place| place + 1 < self.starts.len()) {
            Some(place) => &self.values[self.starts[place] as usize..self.starts[place + 1] as usize],
            None => &[],
        }
    }

    /// From the first bucket with a value to the one after the last.
    pub(crate) fn range(&self) -> std::ops::Range<u32> {
        self.first..self.first + self.starts.len() as u32 - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_order_within_a_bucket() {
        let buckets = Buckets::new(&[(2, 'a'), (0, 'b'), (2, 'c'), (3, 'd'), (0, 'e')]);
        let all: Vec<String> = (0..4).map(|bucket| buckets.get(bucket).iter().collect()).collect();
        assert_eq!(all, ["be", "", "ac", "d"]);
        assert_eq!(buckets.range(), 0..4);
        assert!(buckets.get(4).is_empty());
        let late = Buckets::new(&[(7, 1), (9, 2)]);
        assert_eq!((late.range(), late.get(9), late.get(8), late.get(0)), (7..10, &[2][..], &[][..], &[][..]));
        assert!(Buckets::<u8>::new(&[]).range().is_empty());
    }
}
