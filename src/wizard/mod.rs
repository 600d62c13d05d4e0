//! The wizard: what the operator sees, chooses and asks for, as data. Pure: no terminal, no clock, no
//! input or output; what it wants from the world it says as an effect.

pub mod key;
