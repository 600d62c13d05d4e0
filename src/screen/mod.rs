//! How the wizard looks: `draw(&State)` and nothing that acts.
