//! Relay pages: arguments, checked, and the page info.

use async_graphql::SimpleObject;

use super::cost::{DEFAULT_PAGE, MAX_PAGE};
use super::error::ApiError;
use super::ids::Cursor;
use super::scope::Asked;

/// Where a page stands in its list.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "PageInfo")]
pub(crate) struct PageInfo {
    /// True when more nodes follow.
    pub(crate) has_next_page: bool,
    /// Always false: lists are read forwards.
    pub(crate) has_previous_page: bool,
    /// The cursor of the first edge.
    pub(crate) start_cursor: Option<String>,
    /// The cursor of the last edge; give it as `after` to get the next page.
    pub(crate) end_cursor: Option<String>,
}

impl PageInfo {
    /// The page info for these cursors.
    pub(crate) fn new(cursors: &[String], has_next_page: bool) -> Self {
        Self {
            has_next_page,
            has_previous_page: false,
            start_cursor: cursors.first().cloned(),
            end_cursor: cursors.last().cloned(),
        }
    }
}

/// The size of a page, or why it is refused.
pub(crate) fn size(first: Option<i32>) -> Result<u32, ApiError> {
    let first = first.unwrap_or(DEFAULT_PAGE);
    if !(0..=MAX_PAGE).contains(&first) {
        return Err(ApiError::BadInput(format!("`first` must be between 0 and {MAX_PAGE}")));
    }
    u32::try_from(first).map_err(|_| ApiError::BadInput("`first` must not be negative".into()))
}

/// Pins a page to the height of its cursor, so that the pages of one walk agree however far the tip moves.
pub(crate) fn pin<K>(network: &str, asked: Asked, after: Option<&Cursor<K>>) -> Result<Asked, ApiError> {
    let Some(cursor) = after else { return Ok(asked) };
    if cursor.network != network {
        return Err(ApiError::BadCursor("it belongs to another network"));
    }
    if asked.time.is_some() || asked.height.is_some_and(|height| height != cursor.as_of) {
        return Err(ApiError::BadCursor("it was given out as of another height"));
    }
    Ok(Asked {
        height: Some(cursor.as_of),
        time: None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_cursor_pins_the_height_and_refuses_another() {
        let cursor = Cursor {
            network: "akash".into(),
            as_of: 7,
            created_at: 1,
            key: (),
        };
        let at = |height| Asked { height, time: None };
        assert_eq!(pin("akash", at(None), Some(&cursor)).unwrap().height, Some(7));
        assert_eq!(pin("akash", at(Some(7)), Some(&cursor)).unwrap().height, Some(7));
        assert!(pin("akash", at(Some(8)), Some(&cursor)).is_err());
        assert!(pin("render", at(None), Some(&cursor)).is_err());
    }

    #[test]
    fn page_sizes_are_bounded_on_both_sides() {
        assert_eq!(size(None).unwrap(), 50);
        assert_eq!(size(Some(0)).unwrap(), 0);
        assert_eq!(size(Some(500)).unwrap(), 500);
        assert!(size(Some(501)).is_err());
        assert!(size(Some(-1)).is_err());
    }
}
