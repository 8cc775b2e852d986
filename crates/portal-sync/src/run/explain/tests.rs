//! Explanations of hand-made orgs.
