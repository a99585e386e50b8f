//! What can be asked of networks of kind `render`: movements of one token, and what follows from them.

mod address;
mod audits;
mod balance;
mod connection;
mod cursor;
mod epochs;
mod events;
mod query;
mod reconciliation;
mod settlements;
mod work_periods;

pub(crate) use self::query::RenderQuery;
pub(crate) use self::work_periods::PaidByClass;
