//! What the profiles of a page look like: which attributes they have, in which order.

use std::collections::{BTreeMap, HashMap};

use smol_str::SmolStr;

use super::{Keep, MAX_ATTRIBUTES};

/// So many names are known of a page, and none that is longer than [`MAX_NAME`].
const MAX_NAMES: usize = MAX_ATTRIBUTES;

/// The longest name of an attribute that is known, in bytes.
const MAX_NAME: usize = 200;

/// So many attributes that a record does not have are passed over to find the next one that it has.
const PASSED_OVER: usize = 4;

/// The attributes that the records of a page were seen to have, each with what becomes of it.
///
/// Okta writes those of all records in one order. So the next name is mostly the one that came next before, and is known by
/// one comparison.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    attributes: Vec<Attribute>,
    places: HashMap<SmolStr, usize>,
    /// The place of the attribute that is expected next.
    next: usize,
    /// Whether it is counted which attributes that are not built have values.
    counted: bool,
}

#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) name: SmolStr,
    pub(super) kept: bool,
    /// How many records have a value there.
    values: usize,
}

impl Shape {
    /// One of which nothing is known yet.
    pub(crate) fn new(counted: bool) -> Self {
        Self {
            counted,
            ..Self::default()
        }
    }

    pub(super) fn is_counted(&self) -> bool {
        self.counted
    }

    /// The place of an attribute, if it is one of those that are known.
    #[inline]
    pub(super) fn place(&mut self, name: &str, keep: &Keep) -> Option<usize> {
        let ahead = self.next..self.next + PASSED_OVER;
        let is_it = |place: &usize| {
            self.attributes
                .get(*place)
                .is_some_and(|it| it.name == name)
        };
        let near = ahead.into_iter().find(is_it);
        let place = match near {
            Some(place) => place,
            None => self.far(name, keep)?,
        };
        self.next = place + 1;
        Some(place)
    }

    /// The place of an attribute that is not expected.
    fn far(&mut self, name: &str, keep: &Keep) -> Option<usize> {
        if let Some(place) = self.places.get(name) {
            return Some(*place);
        }
        let place = self.attributes.len();
        if place >= MAX_NAMES || name.len() > MAX_NAME {
            return None;
        }
        let name = SmolStr::new(name);
        self.places.insert(name.clone(), place);
        self.attributes.push(Attribute {
            kept: keep.attribute(&name),
            name,
            values: 0,
        });
        Some(place)
    }

    pub(super) fn attribute(&self, place: usize) -> Option<&Attribute> {
        self.attributes.get(place)
    }

    /// Counts a record that has a value there.
    pub(super) fn count(&mut self, place: usize) {
        if let Some(attribute) = self.attributes.get_mut(place) {
            attribute.values += 1;
        }
    }

    /// The names of attributes that were not built, and how many records have a value there.
    pub(crate) fn into_skipped(self) -> BTreeMap<String, usize> {
        let skipped = self.attributes.into_iter();
        let skipped = skipped.filter(|attribute| !attribute.kept && attribute.values > 0);
        skipped.map(|it| (it.name.into(), it.values)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Keep, MAX_NAMES, Shape};

    #[test]
    fn an_attribute_has_one_place_whatever_the_order() {
        let keep = Keep::only(["profile.b"]);
        let mut shape = Shape::new(true);
        let mut places = |names: &str| {
            let places = names
                .split(' ')
                .map(|name| shape.place(name, &keep).unwrap());
            places.collect::<Vec<_>>()
        };
        assert_eq!(places("a b c d e f g"), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(places("a c g"), [0, 2, 6], "some are absent");
        assert_eq!(places("g f new a a b"), [6, 5, 7, 0, 0, 1]);
        for (place, count) in [(0, 2), (1, 1), (7, 1)] {
            (0..count).for_each(|_| shape.count(place));
        }
        let skipped = shape.into_skipped().into_iter();
        let skipped: Vec<_> = skipped.collect();
        assert_eq!(skipped, [("a".to_owned(), 2), ("new".to_owned(), 1)]);
    }

    #[test]
    fn names_without_end_are_not_held() {
        let mut shape = Shape::new(true);
        let long = "x".repeat(201);
        assert_eq!(shape.place(&long, &Keep::only([])), None);
        for number in 0..MAX_NAMES + 5 {
            let place = shape.place(&number.to_string(), &Keep::only([]));
            assert_eq!(place, (number < MAX_NAMES).then_some(number));
        }
    }
}
