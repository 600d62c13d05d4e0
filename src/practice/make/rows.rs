//! Which tables get rows, and by whom.

use super::entities::{ENTITIES, Entity, Key};
use super::world::{Cell, World};
use super::{documents, engines, happenings, relations};
use crate::practice::random::Random;

/// A table to fill: its columns in the order of the cells.
#[derive(Debug, Clone, Copy)]
pub struct Filling {
    pub table: &'static str,
    /// Names, separated by a comma and a blank.
    pub columns: &'static str,
    source: Source,
}

#[derive(Debug, Clone, Copy)]
enum Source {
    Regular(&'static Entity),
    Irregular(fn(&World, &mut Random, u64) -> Vec<Cell>),
}

impl Filling {
    pub fn row(&self, world: &World, index: u64) -> Vec<Cell> {
        match self.source {
            Source::Regular(entity) => documents::row(world, entity, index),
            Source::Irregular(make) => make(world, &mut world.random(self.table, index), index),
        }
    }
}

/// Every table that gets rows, in an order that satisfies foreign keys.
pub fn fillings() -> Vec<Filling> {
    let regular = ENTITIES.iter().map(|entity| Filling {
        table: entity.table,
        columns: match entity.key {
            Key::NameHash => "nameHash, json",
            Key::FqnHash => "fqnHash, json",
        },
        source: Source::Regular(entity),
    });
    regular
        .chain(relations::FILLINGS.iter().copied())
        .chain(happenings::FILLINGS.iter().copied())
        .chain(engines::FILLINGS.iter().copied())
        .collect()
}

/// A table whose rows a function makes.
pub const fn irregular(
    table: &'static str,
    columns: &'static str,
    make: fn(&World, &mut Random, u64) -> Vec<Cell>,
) -> Filling {
    Filling {
        table,
        columns,
        source: Source::Irregular(make),
    }
}
