//! Work whose result everybody can check exactly: generators of inputs and Freivalds' check.
