//! What a person sees: the wizard's frames, from recorded sessions and in a real terminal.

mod replay;
