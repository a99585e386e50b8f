//! What a field costs. Every sum saturates, so that no product of page sizes can wrap round to a small number.

/// A root field that reads the store.
const READ: usize = 300;
/// What a series multiplies its selection by: its length is not known before it runs, but it is bounded.
const SERIES_FACTOR: usize = 10;

/// The default size of a page.
pub(crate) const DEFAULT_PAGE: i32 = 50;
/// The largest page.
pub(crate) const MAX_PAGE: i32 = 500;

/// A field that reads a bounded number of rows.
pub(crate) fn read(children: usize) -> usize {
    READ.saturating_add(children)
}

/// A time series.
pub(crate) fn series(children: usize) -> usize {
    READ.saturating_add(children.saturating_mul(SERIES_FACTOR))
}

/// A page of `first` nodes; sizes outside the bounds are refused later and cost as much as the nearest bound.
pub(crate) fn page(first: Option<i32>, children: usize) -> usize {
    let size = usize::try_from(first.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE)).unwrap_or(1);
    READ.saturating_add(size.saturating_mul(children))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_saturate_and_never_wrap() {
        assert_eq!(page(Some(i32::MAX), usize::MAX), usize::MAX);
        assert_eq!(page(Some(i32::MIN), 7), READ + 7);
        assert_eq!(page(Some(2), page(Some(3), 1)), READ + 2 * (READ + 3));
    }
}
