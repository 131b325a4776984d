//! Referrals: what left the desk for another desk or system, with a reference of our own, the time by which the other
//! side should have it, and where it came from (APP-ROLE-4).

use super::{NOTE_CHARS, REFERENCE_CHARS, bounded, said};
use crate::act::Refusal;
use crate::time::{HOUR, Instant, MINUTE};
use crate::triage::Route;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A call for service: the control room has it.
    Incident,
    Intelligence,
    CrimeReport,
    Investigation,
    Complaint,
    Foi,
    DataProtection,
    Media,
    InformationSecurity,
    CorporateCommunications,
    Neighbourhood,
    Property,
    ReportFraud,
    OtherForce,
    OtherAgency,
}

/// Code, title, letters of the reference, minutes until the other side should have it, triage's routes to it.
const KINDS: [(Kind, &str, &str, &str, i64, &[Route]); 15] = [
    (Kind::Incident, "incident", "Control room: incident", "INC", 5, &[Route::Fcr]),
    (Kind::Intelligence, "intelligence", "Intelligence", "INT", 24 * 60, &[Route::Intel]),
    (Kind::CrimeReport, "crime_report", "Crime recording", "CRM", 24 * 60, &[Route::CrimeRecording]),
    (Kind::Investigation, "investigation", "The investigation or appeal team", "INV", 60, &[Route::Investigation]),
    (Kind::Complaint, "complaint", "Professional standards: complaint", "CMP", 24 * 60, &[Route::Psd]),
    (Kind::Foi, "foi", "Freedom of information", "FOI", 24 * 60, &[Route::Foi]),
    (Kind::DataProtection, "data_protection", "Data protection", "DPR", 24 * 60, &[Route::Dp]),
    (Kind::Media, "media", "Media office", "MED", 60, &[Route::MediaOffice]),
    (Kind::InformationSecurity, "information_security", "Information security", "SEC", 60, &[Route::Infosec]),
    (Kind::CorporateCommunications, "corporate_communications", "Corporate communications", "COM", 4 * 60, &[Route::CorpComms]),
    (Kind::Neighbourhood, "neighbourhood", "Neighbourhood team", "NPT", 72 * 60, &[Route::Neighbourhood]),
    (Kind::Property, "property", "Lost and found property", "PRP", 72 * 60, &[Route::Property]),
    (Kind::ReportFraud, "report_fraud", "Report Fraud", "FRD", 24 * 60, &[Route::ReportFraud]),
    (Kind::OtherForce, "other_force", "Another force", "FRC", 60, &[]),
    (Kind::OtherAgency, "other_agency", "Another agency", "AGY", 24 * 60, &[Route::Signpost]),
];

impl Kind {
    pub fn all() -> impl Iterator<Item = Kind> {
        KINDS.iter().map(|k| k.0)
    }

    fn row(self) -> &'static (Kind, &'static str, &'static str, &'static str, i64, &'static [Route]) {
        KINDS.iter().find(|k| k.0 == self).unwrap_or(&KINDS[14])
    }

    pub fn name(self) -> &'static str {
        self.row().1
    }

    pub fn title(self) -> &'static str {
        self.row().2
    }

    pub fn parse(name: &str) -> Option<Kind> {
        KINDS.iter().find(|k| k.1 == name).map(|k| k.0)
    }

    /// Where triage would send it.
    pub fn of_route(route: Route) -> Option<Kind> {
        KINDS.iter().find(|k| k.5.contains(&route)).map(|k| k.0)
    }

    /// By when the other side should have it.
    pub fn target(self, at: Instant) -> Instant {
        at.plus(self.row().4 * MINUTE)
    }
}

/// Our own reference: letters of the kind, year, running number of that kind and year, and a letter that tells a
/// mistyped one (`INT-2026-000042-K`).
pub fn reference(kind: Kind, year: i16, number: i64) -> String {
    let body = format!("{}-{year}-{number:06}", kind.row().3);
    let check = check_letter(&body);
    format!("{body}-{check}")
}

/// Is it one of ours, typed right?
pub fn is_reference(text: &str) -> bool {
    let Some((body, check)) = text.rsplit_once('-') else { return false };
    KINDS.iter().any(|k| body.starts_with(k.3) && body.as_bytes().get(3) == Some(&b'-')) && check == check_letter(body).to_string()
}

/// Letters without those that read like digits. 23 is prime, and so a changed character or two swapped neighbours
/// always give another letter.
fn check_letter(body: &str) -> char {
    const LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPQRSTUVWXY";
    let sum = body.bytes().filter_map(|b| char::from(b).to_digit(36)).enumerate().fold(0u32, |sum, (place, digit)| {
        let weight = u32::try_from(place % 22).unwrap_or(0) + 1;
        (sum + weight * (digit % 23)) % 23
    });
    char::from(LETTERS[(sum % 23) as usize])
}

/// A referral as it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referred {
    pub kind: Kind,
    pub reference: String,
    pub target_at: Instant,
    /// The other side's own number, where it is known.
    pub theirs: String,
    pub note: String,
}

/// Sends a message on. `number` is the next of this kind and year.
///
/// # Errors
/// When an incident has no number of the control room's, or a text is too long.
pub fn refer(kind: Kind, year: i16, number: i64, theirs: &str, note: &str, at: Instant) -> Result<Referred, Refusal> {
    let theirs = match kind {
        Kind::Incident => said("the incident number from the control room", theirs, REFERENCE_CHARS)?,
        _ => bounded("the reference", theirs, REFERENCE_CHARS)?,
    };
    let note = match kind {
        Kind::OtherForce | Kind::OtherAgency => said("which force or agency, in the note,", note, NOTE_CHARS)?,
        _ => bounded("the note", note, NOTE_CHARS)?,
    };
    Ok(Referred { kind, reference: reference(kind, year, number), target_at: kind.target(at), theirs, note })
}

/// Hours and minutes of a target as a form says it.
pub fn target_words(kind: Kind) -> String {
    let micros = kind.target(Instant(0)).0;
    if micros % HOUR == 0 { format!("within {} h", micros / HOUR) } else { format!("within {} min", micros / MINUTE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn app_role_4_a_referral_has_its_own_reference_and_target() {
        let r = refer(Kind::Intelligence, 2026, 42, "", "", Instant(0)).unwrap();
        assert!(r.reference.starts_with("INT-2026-000042-") && is_reference(&r.reference), "{}", r.reference);
        assert_eq!(r.target_at, Instant(24 * HOUR));
        assert_eq!(Kind::Incident.target(Instant(0)), Instant(5 * MINUTE));
    }

    #[test]
    fn app_role_4_an_incident_needs_the_control_rooms_number() {
        assert_eq!(refer(Kind::Incident, 2026, 1, " ", "", Instant(0)).unwrap_err().code, "say-it");
        assert_eq!(refer(Kind::OtherForce, 2026, 1, "", "", Instant(0)).unwrap_err().code, "say-it");
        assert_eq!(refer(Kind::Foi, 2026, 1, &"9".repeat(81), "", Instant(0)).unwrap_err().code, "too-long");
    }

    #[test]
    fn a_mistyped_reference_is_noticed() {
        let right = reference(Kind::CrimeReport, 2026, 123_456);
        for (a, b) in [(9, 10), (10, 11), (11, 12), (12, 13)] {
            let mut bytes = right.clone().into_bytes();
            bytes.swap(a, b);
            assert!(!is_reference(&String::from_utf8(bytes).unwrap()), "swapped {a} and {b} of {right}");
        }
        for place in 9..15 {
            let mut bytes = right.clone().into_bytes();
            bytes[place] = if bytes[place] == b'9' { b'0' } else { bytes[place] + 1 };
            assert!(!is_reference(&String::from_utf8(bytes).unwrap()), "changed {place} of {right}");
        }
    }

    #[test]
    fn every_kind_reads_back_and_has_letters_of_its_own() {
        let mut letters = std::collections::BTreeSet::new();
        for kind in Kind::all() {
            assert_eq!(Kind::parse(kind.name()), Some(kind));
            assert!(letters.insert(kind.row().3));
        }
    }
}
