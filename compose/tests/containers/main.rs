//! What runs the helpdesk in containers.

#[test]
fn x() {
    assert!(serde_norway::from_str::<serde_norway::Value>("a: 1").is_ok());
}
