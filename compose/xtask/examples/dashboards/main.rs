//! Writes Grafana's dashboards from the tables in `boards.rs` into the folder that is named: `cargo xtask generate` does so.

mod boards;

use std::path::Path;

use serde_json::{Value, json};

use boards::{BOARDS, Board, Panel};

/// Two panels beside each other fill the 24 columns of a dashboard.
const WIDTH: usize = 12;
const HEIGHT: usize = 8;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("the folder to write to is missing")?;
    for board in BOARDS {
        let mut text = serde_json::to_string_pretty(&dashboard(board))?;
        text.push('\n');
        std::fs::write(Path::new(&folder).join(format!("{}.json", board.name)), text)?;
    }
    Ok(())
}

fn dashboard(board: &Board) -> Value {
    let panels: Vec<Value> = board.panels.iter().enumerate().map(|(at, it)| panel(at, it)).collect();
    json!({
        "uid": format!("helpdesk-{}", board.name),
        "title": format!("Helpdesk: {}", board.title),
        "description": board.about,
        "tags": ["helpdesk"],
        "schemaVersion": 39,
        "editable": false,
        "refresh": "30s",
        "time": { "from": "now-6h", "to": "now" },
        "links": [{ "type": "dashboards", "tags": ["helpdesk"], "title": "Helpdesk", "asDropdown": true }],
        "templating": { "list": [{
            "name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus",
            "current": { "text": "Prometheus", "value": "prometheus" },
        }] },
        "panels": panels,
    })
}

fn panel(at: usize, panel: &Panel) -> Value {
    let targets: Vec<Value> = (b'A'..=b'Z')
        .zip(panel.queries)
        .map(|(letter, (expr, legend))| {
            json!({ "refId": char::from(letter).to_string(), "expr": expr, "legendFormat": legend })
        })
        .collect();
    json!({
        "id": at + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.about,
        "datasource": { "type": "prometheus", "uid": "${datasource}" },
        "gridPos": { "x": at % 2 * WIDTH, "y": at / 2 * HEIGHT, "w": WIDTH, "h": HEIGHT },
        "fieldConfig": { "defaults": { "unit": panel.unit, "min": 0 }, "overrides": [] },
        "options": {
            "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true },
            "tooltip": { "mode": "multi", "sort": "desc" },
        },
        "targets": targets,
    })
}
