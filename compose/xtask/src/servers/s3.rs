//! SeaweedFS: an S3 server with its master, its volumes and its filer in one process.

use std::path::Path;
use std::process::Command;

use super::ports;
use super::process::{Server, get};

const ACCESS_KEY: &str = "helpdesk-test";
const SECRET_KEY: &str = "helpdesk-test-secret";

/// Starts it with one identity that may do everything.
pub fn start(program: &Path, folder: &Path) -> anyhow::Result<(Server, Vec<(&'static str, String)>)> {
    let data = folder.join("s3");
    std::fs::create_dir_all(&data)?;
    let identities = folder.join("s3.json");
    std::fs::write(&identities, identity())?;
    let (master, volume, filer, port) = (ports::free()?, ports::free()?, ports::free()?, ports::free()?);
    let mut start = Command::new(program);
    start.current_dir(folder);
    start.args([
        "server",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-s3",
        "-s3.iam=false",
        "-master.telemetry=false",
    ]);
    // Neither catalogue is wanted, and both would take a fixed port.
    start.args(["-s3.port.iceberg=0", "-s3.port.lance=0"]);
    // Each test makes a bucket of its own, and a bucket takes volumes.
    start.args(["-volume.max=5000", "-master.volumeSizeLimitMB=64", "-master.volumePreallocate=false"]);
    start.arg(format!("-dir={}", data.display())).arg(format!("-s3.config={}", identities.display()));
    start.arg(format!("-master.port={master}")).arg(format!("-volume.port={volume}"));
    start.arg(format!("-filer.port={filer}")).arg(format!("-s3.port={port}"));
    start.arg(format!("-filer.localSocket={}", folder.join("filer.sock").display()));
    start.arg(format!("-s3.localSocket={}", folder.join("s3.sock").display()));
    let server =
        Server::start("S3", port, &mut start, libc::SIGKILL, folder, move || can_store(master, port))?;
    // The sockets of its gRPC ports lie there whatever one says.
    let sockets =
        [("master", master), ("volume", volume), ("filer", filer), ("s3", port)].map(|(part, port)| {
            Path::new("/tmp").join(format!("seaweedfs-{part}-grpc-{}.sock", port + ports::ABOVE))
        });
    let told = vec![
        ("TEST_S3_URL", format!("http://127.0.0.1:{port}")),
        ("TEST_S3_ACCESS_KEY", ACCESS_KEY.to_owned()),
        ("TEST_S3_SECRET_KEY", SECRET_KEY.to_owned()),
    ];
    Ok((server.leaving(sockets), told))
}

/// The gateway answers before there is a volume to write to: the master has to give out a place for a file as well.
fn can_store(master: u16, port: u16) -> bool {
    get(port, "/").starts_with("HTTP/") && get(master, "/dir/assign").contains("\"fid\"")
}

fn identity() -> String {
    let credentials = format!(r#"[{{"accessKey":"{ACCESS_KEY}","secretKey":"{SECRET_KEY}"}}]"#);
    let actions = r#"["Admin","Read","Write","List","Tagging"]"#;
    format!(r#"{{"identities":[{{"name":"helpdesk","credentials":{credentials},"actions":{actions}}}]}}"#)
}
