use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use audit::domain::{Hash, Signer};
use flate2::{Compression, write::GzEncoder};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    house::{House, Running},
    waiting::awaited,
};

/// An outsider's folder: exports of a trail, and the public key. Nothing of the helpdesk is in it.
struct Outside {
    folder: TempDir,
    /// The lines of the whole export.
    lines: Vec<String>,
    /// A checkpoint within it, with rows behind.
    checkpoint: Value,
}

impl Outside {
    /// What a running helpdesk gives away.
    async fn of(running: &Running) -> Self {
        running.register(0..4).await;
        // It keeps the end of the trail ten times a second.
        let kept = async || {
            let kept = running.json("/audit/checkpoints?limit=100").await;
            let last = kept["items"].as_array()?.last()?;
            (last["sequence"].as_i64()? >= 4).then(|| last.clone())
        };
        let checkpoint = awaited("a checkpoint is kept", kept).await;
        running.register(4..8).await;
        // Mails go out meanwhile, and are recorded: both are to show the same trail.
        let from_there = format!("/audit/trail?after={}", checkpoint["sequence"]);
        let alike = async || {
            let (whole, rest) = (running.text("/audit/trail").await, running.text(&from_there).await);
            (whole.lines().last() == rest.lines().last()).then_some((whole, rest))
        };
        let (whole, rest) = awaited("both exports end alike", alike).await;
        let outside = Self {
            folder: tempfile::tempdir().unwrap(),
            lines: whole.lines().map(str::to_owned).collect(),
            checkpoint,
        };
        outside.write("audit.jsonl", whole.as_bytes());
        outside.write("rest.jsonl", rest.as_bytes());
        outside.write("first.jsonl", outside.text(&outside.lines[..=outside.of_checkpoint()]).as_bytes());
        outside.write("key.pem", running.text("/audit/public-key").await.as_bytes());
        outside.write("kept.json", outside.checkpoint.to_string().as_bytes());
        // No configuration is looked at.
        outside.write("helpdesk.toml", b"this is none");
        outside
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path().join(name), bytes).unwrap();
    }

    fn text(&self, lines: &[String]) -> String {
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// Where the checkpoint stands.
    fn of_checkpoint(&self) -> usize {
        let row = &self.checkpoint["sequence"];
        self.place(|line| line["kind"] == "checkpoint" && line["sequence"] == *row)
    }

    fn place(&self, wanted: impl Fn(&Value) -> bool) -> usize {
        self.lines.iter().position(|line| wanted(&serde_json::from_str(line).unwrap())).unwrap()
    }

    /// The place of a row that another row follows, and its number.
    fn row(&self) -> (usize, i64) {
        let is_row = |line: &String| line.contains("\"kind\":\"row\"");
        let place =
            (2..).find(|place| is_row(&self.lines[*place]) && is_row(&self.lines[place + 1])).unwrap();
        let row: Value = serde_json::from_str(&self.lines[place]).unwrap();
        (place, row["sequence"].as_i64().unwrap())
    }

    fn verify(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_helpdesk"));
        command.args(["audit", "verify"]).args(arguments).current_dir(self.path()).env_clear();
        command
    }

    /// It is whole; the summary.
    fn assert_whole(&self, arguments: &[&str]) -> String {
        let output = self.verify(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", errors(&output));
        assert_eq!(errors(&output), "");
        String::from_utf8(output.stdout).unwrap()
    }

    fn assert_told(&self, arguments: &[&str], code: i32, words: &[&str]) {
        let output = self.verify(arguments);
        let told = errors(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        for word in words {
            assert!(told.contains(word), "{arguments:?}: “{word}” is missing in {told}");
        }
        assert!(output.stdout.is_empty() && !told.contains("panicked"), "{told}");
    }
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn packed(text: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

#[tokio::test]
async fn a_whole_trail_is_verified_with_the_public_key_alone() {
    let house = House::open();
    let running = house.run().await;
    let outside = Outside::of(&running).await;
    let end: Value = serde_json::from_str(outside.lines.last().unwrap()).unwrap();
    let (rows, kept) = (&end["sequence"], &outside.checkpoint["sequence"]);

    let told = outside.assert_whole(&["audit.jsonl", "--key", "key.pem"]);
    for word in [
        "The trail is whole.",
        &format!("{rows}, from 1 to {rows}"),
        "with the first row of all",
        end["hash"].as_str().unwrap(),
        end["keyId"].as_str().unwrap(),
    ] {
        assert!(told.contains(word), "{word} is missing in {told}");
    }
    // The checkpoint that it prints is one to remember.
    let printed = told.lines().last().unwrap();
    outside.assert_whole(&["audit.jsonl", "--key", "key.pem", "--remembered", printed]);
    let told = outside.assert_whole(&["audit.jsonl", "--key", "key.pem", "--remembered", "kept.json"]);
    assert!(told.contains(&format!("row {kept} is as it was")), "{told}");

    // Packed, in parts, through a pipe, and all of it together.
    let whole = outside.text(&outside.lines);
    outside.write("audit.jsonl.gz", &packed(whole.as_bytes()));
    outside.write("first.jsonl.gz", &packed(&std::fs::read(outside.path().join("first.jsonl")).unwrap()));
    for files in [&["audit.jsonl.gz"][..], &["first.jsonl", "rest.jsonl"], &["first.jsonl.gz", "rest.jsonl"]]
    {
        let told = outside.assert_whole(&[files, &["--key", "key.pem"]].concat());
        assert!(told.contains(&format!("{rows}, from 1 to {rows}")), "{files:?}: {told}");
    }
    let told = outside.assert_whole(&["rest.jsonl", "--key", "key.pem", "--remembered", "kept.json"]);
    assert!(told.contains(&format!("behind the checkpoint at row {kept}")), "{told}");
    for text in [whole.as_bytes(), &packed(whole.as_bytes())] {
        let mut child = outside
            .command(&["-", "--key", "key.pem"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text).unwrap();
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
    }

    // A key of former days beside it does no harm, and one alone is not enough.
    outside.write("other.pem", Signer::of(&[1; 32]).public_key().to_pem().as_bytes());
    outside.assert_whole(&["audit.jsonl", "--key", "other.pem", "--key", "key.pem"]);
    let words = ["audit.jsonl, line ", "was not signed by a key that is trusted"];
    outside.assert_told(&["audit.jsonl", "--key", "other.pem"], 1, &words);
    running.stop().await;
}

#[tokio::test]
async fn whatever_was_done_to_a_trail_is_told_with_the_row_the_file_and_the_line() {
    let house = House::open();
    let running = house.run().await;
    let outside = Outside::of(&running).await;
    let (place, row) = outside.row();
    let (line, kept) = (place + 1, outside.checkpoint["sequence"].as_i64().unwrap());
    let lines = &outside.lines;
    let told = |name: &str, changed: Vec<String>, words: &[&str]| {
        outside.write(name, outside.text(&changed).as_bytes());
        outside.assert_told(&[name, "--key", "key.pem"], 1, words);
        // The same packed, which is found by what is in it, not by its name.
        outside.write(name, &packed(outside.text(&changed).as_bytes()));
        outside.assert_told(&[name, "--key", "key.pem"], 1, words);
    };
    let with = |place: usize, text: &str| {
        let mut changed = lines.clone();
        text.clone_into(&mut changed[place]);
        changed
    };
    let altered = lines[place].replace("recordedAt\":\"2", "recordedAt\":\"1");
    told("changed", with(place, &altered), &[&format!("changed, line {line}: row {row} was changed")]);
    let torn = &lines[place][..lines[place].len() / 2];
    told(
        "torn",
        with(place, torn),
        &[&format!("torn, line {line}: row {row}, or the checkpoint"), "was changed"],
    );

    let mut removed = lines.clone();
    removed.remove(place);
    told("removed", removed, &[&format!("removed, line {line}: row {row} was removed")]);
    let mut inserted = lines.clone();
    inserted.insert(place + 1, lines[place].clone());
    told("inserted", inserted, &[&format!("inserted, line {}: row {row} was inserted", line + 1)]);
    let mut swapped = lines.clone();
    swapped.swap(place, place + 1);
    told("swapped", swapped, &[&format!("swapped, line {line}: row {row} was removed")]);
    let cut = format!("the trail was cut off behind row {row}, or they were inserted");
    told(
        "cut",
        lines[..=place].to_vec(),
        &[&format!("cut, behind its last line ({line}): no checkpoint signs"), &cut],
    );

    // Cut off at a signed checkpoint it looks whole, but not to who remembers more.
    outside.assert_whole(&["first.jsonl", "--key", "key.pem"]);
    let remembered = lines.last().unwrap();
    let missing = format!("the trail was cut off: row {} is the first that is missing", kept + 1);
    outside.assert_told(&["first.jsonl", "--key", "key.pem", "--remembered", remembered], 1, &[&missing]);
    // What is remembered is another row than the one that is there.
    let other = format!("{{\"sequence\":{kept},\"hash\":\"{}\"}}", Hash::BEGINNING);
    let rewritten = format!("to {kept} are not those that were signed");
    outside.assert_told(&["audit.jsonl", "--key", "key.pem", "--remembered", &other], 1, &[&rewritten]);

    // Between two files, and in the second.
    let first = outside.text(&lines[..=place]);
    outside.write("short.jsonl", first.as_bytes());
    let gap = format!("rest.jsonl, line 1: the rows {} to {kept} are missing", row + 1);
    outside.assert_told(&["short.jsonl", "rest.jsonl", "--key", "key.pem"], 1, &[&gap]);
    let rest = std::fs::read_to_string(outside.path().join("rest.jsonl")).unwrap();
    outside.write("bad.jsonl", rest.replacen("recordedAt\":\"2", "recordedAt\":\"1", 2).as_bytes());
    outside.assert_told(&["first.jsonl", "bad.jsonl", "--key", "key.pem"], 1, &["bad.jsonl, line "]);

    // Broken off in the middle of a line, and of a packed file.
    let (whole, broken) =
        (outside.text(lines), format!("line {line}: the file breaks off here: row {row} is"));
    outside.write("off.jsonl", &outside.text(&lines[..=place]).as_bytes()[..first.len() - 20]);
    outside.assert_told(&["off.jsonl", "--key", "key.pem"], 1, &[&broken]);
    let packed = packed(whole.as_bytes());
    outside.write("off.gz", &packed[..packed.len() - 9]);
    outside.assert_told(&["off.gz", "--key", "key.pem"], 1, &["off.gz, line ", "breaks off here"]);
    running.stop().await;
}

#[tokio::test]
async fn what_cannot_be_judged_is_refused_with_an_exit_code_of_its_own() {
    let outside =
        Outside { folder: tempfile::tempdir().unwrap(), lines: Vec::new(), checkpoint: Value::Null };
    let (signer, at) = (Signer::of(&[7; 32]), "2026-03-01T08:00:00Z".parse().unwrap());
    let export = |begins: i64| {
        let checkpoint = serde_json::to_value(signer.sign(begins, Hash::BEGINNING, at)).unwrap();
        let mut end = checkpoint.clone();
        end["kind"] = "checkpoint".into();
        let behind = if begins == 0 { Value::Null } else { checkpoint };
        format!("{}\n{end}\n", serde_json::json!({ "kind": "start", "behind": behind }))
    };
    outside.write("empty-trail.jsonl", export(0).as_bytes());
    outside.write("later.jsonl", export(5).as_bytes());
    outside.write("key.pem", signer.public_key().to_pem().as_bytes());
    outside.write("garbage", b"hello\x1b[2J\xff");
    outside.write("empty", b"");
    outside.write("garbage.gz", b"\x1f\x8bhello");
    outside.write("no-start.jsonl", export(5).lines().last().unwrap().as_bytes());
    std::fs::create_dir(outside.path().join("folder")).unwrap();
    let told = outside.assert_whole(&["empty-trail.jsonl", "--key", "key.pem"]);
    assert!(told.contains("none"), "{told}");

    let remembered = |row: i64| format!("{{\"sequence\":{row},\"hash\":\"{}\"}}", Hash::BEGINNING);
    for (arguments, words) in [
        (&["garbage", "--key", "key.pem"][..], &["garbage, line 1: this is no line of an export"][..]),
        (&["later.jsonl", "garbage", "--key", "key.pem"], &["garbage, line 1: this is no line"]),
        (&["garbage.gz", "--key", "key.pem"], &["garbage.gz cannot be read"]),
        (&["empty", "--key", "key.pem"], &["empty is empty"]),
        (&["missing", "--key", "key.pem"], &["missing cannot be read", "No such file"]),
        (&["folder", "--key", "key.pem"], &["folder cannot be read"]),
        (
            &["no-start.jsonl", "--key", "key.pem"],
            &["line 1: an export begins with a line of the kind start"],
        ),
        (
            &["later.jsonl", "empty-trail.jsonl", "--key", "key.pem"],
            &["empty-trail.jsonl, line 1", "not consecutive"],
        ),
        (&["later.jsonl", "--key", "garbage"], &["garbage"]),
        (&["later.jsonl", "--key", "empty"], &["empty is no key", "BEGIN PUBLIC KEY"]),
        (&["later.jsonl", "--key", "missing.pem"], &["missing.pem cannot be read"]),
        (&["later.jsonl"], &["--key"]),
        (&["--key", "key.pem"], &["FILE"]),
        (
            &["later.jsonl", "--key", "key.pem", "--remembered", "nowhere"],
            &["neither a checkpoint nor a file"],
        ),
        (&["later.jsonl", "--key", "key.pem", "--remembered", "key.pem"], &["key.pem holds no checkpoint"]),
        (
            &["later.jsonl", "--key", "key.pem", "--remembered", &remembered(3)],
            &["row 3, which is remembered, is not in it"],
        ),
    ] {
        outside.assert_told(arguments, 2, words);
        assert!(!errors(&outside.verify(arguments)).contains('\u{1b}'));
    }
}
