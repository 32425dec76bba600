use actix_web::{
    HttpResponse, get,
    http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    web::Data,
};
use shared::{
    auth::Admin,
    http::{ApiError, Params, PathId, Problem},
};

use super::reports_dto::{Format, ReportName, ReportOut, ReportParams};
use crate::{domain::report::Report, service::App};

/// A report on a time: numbers for programs, lines for spreadsheets, or a page for people.
#[utoipa::path(
    operation_id = "report",
    tag = "audit",
    params(("kind" = inline(ReportName), Path), ReportParams),
    responses(
        (status = 200, content(
            (ReportOut = "application/json"),
            (String = "text/csv"),
            (String = "text/html"),
        )),
        (status = 400, body = Problem, description = "A parameter is unknown or cannot be read, or the time is too long"),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "Not an administrator"),
        (status = 404, body = Problem, description = "There is no such report"),
    ),
    security(("bearer" = [])),
)]
#[get("/audit/reports/{kind}")]
pub async fn get(
    app: Data<App>,
    _admin: Admin,
    name: PathId<ReportName>,
    params: Params<ReportParams>,
) -> Result<HttpResponse, ApiError> {
    let (from, to) = (params.0.from.map(|when| when.0), params.0.to.map(|when| when.0));
    let report = app.report(name.0.into(), from, to).await?;
    Ok(match params.0.format.unwrap_or_default() {
        Format::Json => HttpResponse::Ok().json(ReportOut::from(report)),
        Format::Csv => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8; header=present"))
            .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file_name(&report))))
            .body(app.table(&report)),
        Format::Html => {
            let (page, policy) = app.page(&report)?;
            HttpResponse::Ok()
                .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
                .insert_header((CONTENT_SECURITY_POLICY, format!("{policy}; frame-ancestors 'none'")))
                .body(page)
        }
    })
}

/// Of our own words and of numbers only.
fn file_name(report: &Report) -> String {
    let (first, last) = (report.span.from().date_naive(), report.span.last_day());
    format!("helpdesk-{}-{first}-{last}.csv", report.kind.as_str())
}
