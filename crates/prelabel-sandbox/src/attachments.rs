//! Whether the platform could get at a job's files, and what is wrong with its mask.

use crate::answer::{Code, Refusal};
use crate::fetch::shown;
use crate::job_data::{Attachment, JobData, Prelabel};
use crate::shared::Shared;
use crate::{mask_check, picture};

/// Refuses a job with a file that cannot be fetched, or a mask that does not fit.
pub(crate) async fn check(app: &Shared, data: &JobData) -> Result<(), Refusal> {
    // The semaphore is never closed.
    let _room = app.checks.acquire().await;
    match &data.prelabel {
        Some(prelabel) if app.check_masks => check_mask(app, data.image.as_ref(), prelabel).await?,
        prelabel => {
            let files = data.image.iter().chain(prelabel.as_ref().map(|prelabel| &prelabel.mask));
            reach(app, files).await?;
        }
    }
    reach(app, data.others.iter()).await
}

async fn reach(app: &Shared, files: impl Iterator<Item = &Attachment>) -> Result<(), Refusal> {
    for file in files {
        app.fetcher.reach(&file.url).await.map_err(|why| unreachable(file, &why))?;
    }
    Ok(())
}

async fn check_mask(app: &Shared, image: Option<&Attachment>, prelabel: &Prelabel) -> Result<(), Refusal> {
    let picture = match image {
        Some(image) => {
            let bytes = app.fetcher.bytes(&image.url).await.map_err(|why| unreachable(image, &why))?;
            Some(picture::read(&bytes).map_err(|why| Refusal::invalid_field(&image.field, why))?)
        }
        None => None,
    };
    let mask = &prelabel.mask;
    let bytes = app.fetcher.bytes(&mask.url).await.map_err(|why| unreachable(mask, &why))?;
    let legend = prelabel.legend.clone();
    let checked = tokio::task::spawn_blocking(move || mask_check::check(&bytes, picture, &legend)).await;
    checked
        .map_err(|error| Refusal::new(Code::Internal, error.to_string()))?
        .map_err(|why| Refusal::invalid_field("maker_response.raster.data", why))
}

/// Without the query of the URL, which may hold a signature.
fn unreachable(file: &Attachment, why: &str) -> Refusal {
    Refusal::new(Code::Attachment, format!("{}: `{}` cannot be fetched: {why}", file.field, shown(&file.url)))
}
