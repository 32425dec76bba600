//! The Dockerfile.

use crate::composed::folder;

fn lines(instruction: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder().join("Dockerfile")).unwrap().replace("\\\n", "");
    let found = text.lines().filter_map(|line| line.strip_prefix(instruction));
    found.map(|rest| rest.trim().to_owned()).collect()
}

#[test]
fn what_is_shipped_is_distroless_and_nobodys() {
    let last = lines("FROM ").pop().unwrap();
    assert!(last.starts_with("gcr.io/distroless/cc-debian12:nonroot "), "{last}");
    assert_eq!(lines("USER "), ["65532:65532"]);
    assert!(lines("HEALTHCHECK ")[0].ends_with(r#"CMD ["helpdesk", "healthcheck"]"#));
}

#[test]
fn it_is_built_by_the_compiler_that_the_workspace_names() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let workspace = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let version =
        workspace.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().replace('"', "");
    let images = lines("FROM rust:");
    assert_eq!(images.len(), 2);
    assert!(images.iter().all(|image| image.starts_with(&format!("{version}."))), "{images:?}");
}

#[test]
fn it_holds_every_program_of_the_six() {
    let build = lines("RUN ").into_iter().find(|run| run.contains("--bins")).unwrap();
    let (_, names) = build.split_once("for name in helpdesk helpdesk-{").unwrap();
    let (names, _) = names.split_once('}').unwrap();
    let names: Vec<_> = names.split(',').collect();
    assert_eq!(names, compose::services::Service::ALL.map(|service| service.name()));
}

#[test]
fn no_secret_is_sent_to_the_build() {
    let kept_out = std::fs::read_to_string(folder().join("Dockerfile.dockerignore")).unwrap();
    for path in [".git", "target", "data", "compose/docker/secrets", "compose/kubernetes/overlays/*/secrets"]
    {
        assert!(kept_out.lines().any(|line| line == path), "{path}");
    }
}
