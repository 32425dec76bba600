//! The phases as jobs: each tests one service more, and starts its containers on top of those before.

use compose::services::Service;
use serde_norway::Value;

use crate::composed::PHASES;

#[test]
fn each_phase_tests_its_service_on_top_of_those_before() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = std::fs::read_to_string(root.join(".github/workflows/phases.yml")).unwrap();
    let jobs: Value = serde_norway::from_str::<Value>(&text).unwrap()["jobs"].clone();
    for (service, (name, number)) in Service::ALL.into_iter().zip(PHASES) {
        let phase = &jobs[format!("phase-{number}").as_str()];
        let before = if number == 1 { "image".to_owned() } else { format!("phase-{}", number - 1) };
        assert_eq!(phase["needs"], before.as_str(), "{name}");
        assert_eq!(phase["with"]["package"], service.name());
        let containers = phase["with"]["containers"].as_str().unwrap();
        let wanted: Vec<_> = PHASES.iter().map(|(name, _)| *name).take(number.into()).collect();
        assert_eq!(containers, wanted.join(" "));
    }
}
