//! The GraphQL schema: what can be asked, and how rows become answers.

mod active;
mod cost;
mod definitions;
mod error;
mod evidence;
mod ids;
mod inventory;
mod leases;
mod metric;
mod not_on_chain;
mod page;
mod prices;
mod providers;
mod query;
mod reference;
mod render;
mod revenue;
mod scalars;
mod scope;
mod series;
mod spending;
mod status;

use async_graphql::{EmptyMutation, EmptySubscription, SDLExportOptions, Schema};

use self::query::Query;
use self::scope::Api;
use crate::read::Reader;
use crate::state::{ApiState, Limits};

pub use self::reference::metrics_page;

/// The schema of this API: queries only.
pub(crate) type ApiSchema = Schema<Query, EmptyMutation, EmptySubscription>;

/// How many directives one field may carry.
const MAX_DIRECTIVES: usize = 8;

fn builder(limits: Limits) -> async_graphql::SchemaBuilder<Query, EmptyMutation, EmptySubscription> {
    Schema::build(Query::default(), EmptyMutation, EmptySubscription)
        .limit_depth(limits.depth)
        .limit_complexity(limits.complexity)
        .limit_directives(MAX_DIRECTIVES)
}

/// Builds the schema on top of a store.
pub(crate) fn build(state: &ApiState) -> ApiSchema {
    let max_seconds = state.limits.timeout.as_secs().max(1);
    builder(state.limits)
        .data(Api {
            reader: Reader::new(state.client.clone(), max_seconds),
            networks: state.networks.clone(),
            started_at: state.started_at,
            limits: state.limits,
            metrics: gridproof_store::metrics::catalog()
                .expect("the embedded metrics keep their contract: a test of the store reads each"),
        })
        .finish()
}

/// The schema in GraphQL's own language, sorted, with all descriptions.
#[must_use]
pub fn sdl() -> String {
    builder(Limits::default())
        .finish()
        .sdl_with_options(SDLExportOptions::new().sorted_fields().sorted_enum_items())
}
