//! The backup room with PostgreSQL's own tools and a real server: what its unit tests show with fakes.

mod postgres;
mod room;
