//! Mail by SMTP: alarms and invitations. A mail holds no personal text, because mail is not ours once it has left.

use crate::act::Fault;
use crate::config::Mail;
use crate::jobs::Ran;
use lettre::message::{Mailbox, header};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::time::Duration;
use uuid::Uuid;

/// One mail. Its id is made once, so that a second sending is the same mail to whoever reads it.
#[derive(Debug, Clone)]
pub struct Letter {
    pub to: String,
    pub subject: String,
    pub body: String,
    pub id: Uuid,
}

#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("the address `{0}` cannot be read")]
    Address(String),
    #[error("the settings under [mail] are wrong: {0}")]
    Settings(String),
    #[error("the mail server did not take it: {0}")]
    Smtp(String),
}

fn address(text: &str) -> Result<Mailbox, MailError> {
    text.parse().map_err(|_| MailError::Address(text.to_owned()))
}

/// The mail as it goes over the wire.
pub fn compose(from: &str, letter: Letter) -> Result<Message, MailError> {
    let from = address(from)?;
    let domain = from.email.domain().to_owned();
    Message::builder()
        .from(from)
        .to(address(&letter.to)?)
        .subject(letter.subject)
        .message_id(Some(format!("<{}@{domain}>", letter.id)))
        .header(header::ContentType::TEXT_PLAIN)
        .body(letter.body)
        .map_err(|e| MailError::Settings(e.to_string()))
}

/// Sends a mail. A second sending of the same is the reader's to recognise, by its Message-ID.
///
/// # Errors
/// When the settings are wrong, or the server cannot be reached or does not take it.
pub async fn send(mail: &Mail, letter: Letter) -> Result<(), MailError> {
    let message = compose(&mail.from, letter)?;
    let smtp = |e: lettre::transport::smtp::Error| MailError::Smtp(e.to_string());
    let builder = match mail.security.as_str() {
        "tls" => AsyncSmtpTransport::<Tokio1Executor>::relay(&mail.host).map_err(smtp)?,
        "starttls" => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(&mail.host).map_err(smtp)?,
        "none" => AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&mail.host),
        other => return Err(MailError::Settings(format!("security is starttls, tls or none, not `{other}`"))),
    };
    let mut builder = builder.port(mail.port).timeout(Some(Duration::from_secs(20)));
    if let (Some(user), Some(file)) = (&mail.user, &mail.password_file) {
        let secret = crate::config::secret_file(file).map_err(|e| MailError::Settings(e.to_string()))?;
        let password = String::from_utf8(secret.expose().to_vec()).map_err(|_| MailError::Settings("the password is no text".into()))?;
        builder = builder.credentials(Credentials::new(user.clone(), password));
    }
    builder.build().send(message).await.map_err(smtp)?;
    Ok(())
}

/// What sending came to, for the job that sent: wrong settings are given up, a server that is away is tried again.
pub fn sent(result: Result<(), MailError>) -> Result<Ran, Fault> {
    match result {
        Ok(()) => Ok(Ran::Done),
        Err(e @ (MailError::Address(_) | MailError::Settings(_))) => Ok(Ran::GiveUp { why: e.to_string() }),
        Err(e @ MailError::Smtp(_)) => Err(Fault::Broken(e.to_string())),
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    #[test]
    fn a_mail_cannot_be_made_to_carry_other_headers() {
        let letter = |to: &str, subject: &str| Letter { to: to.into(), subject: subject.into(), body: "x".into(), id: Uuid::from_u128(7) };
        let wire = compose("desk@exampleshire.example", letter("a@exampleshire.example", "one\r\nBcc: b@example.org")).unwrap();
        let text = String::from_utf8(wire.formatted()).unwrap();
        assert!(!text.contains("\nBcc:"), "{text}");
        assert!(text.contains("Message-ID: <00000000-0000-0000-0000-000000000007@exampleshire.example>"), "{text}");
        assert!(compose("desk@exampleshire.example", letter("a@b.example\r\nBcc: c@d.example", "s")).is_err());
    }

    /// A mail server that says yes, and what it was told by the first who came.
    pub async fn receiver() -> (u16, tokio::task::JoinHandle<String>) {
        use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let told = tokio::spawn(async move {
            let (socket, _) = listener.accept().await.unwrap();
            let (read, mut write) = socket.into_split();
            let mut lines = BufReader::new(read).lines();
            let (mut told, mut body) = (String::new(), false);
            write.write_all(b"220 example\r\n").await.unwrap();
            while let Ok(Some(line)) = lines.next_line().await {
                told.push_str(&line);
                told.push('\n');
                let answer = match (body, line.as_str()) {
                    (true, ".") => {
                        body = false;
                        "250 kept"
                    }
                    (true, _) => continue,
                    (false, "DATA") => {
                        body = true;
                        "354 go on"
                    }
                    (false, "QUIT") => break,
                    (false, _) => "250 yes",
                };
                write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
            }
            told
        });
        (port, told)
    }

    #[tokio::test]
    async fn a_mail_reaches_a_server_that_takes_it() {
        let (port, told) = receiver().await;
        let mail = Mail {
            host: "127.0.0.1".into(),
            port,
            from: "desk@exampleshire.example".into(),
            security: "none".into(),
            user: None,
            password_file: None,
        };
        let letter =
            Letter { to: "a@exampleshire.example".into(), subject: "An alarm".into(), body: "Open it.\n".into(), id: Uuid::from_u128(9) };
        send(&mail, letter).await.unwrap();
        let told = told.await.unwrap();
        assert!(
            told.contains("RCPT TO:<a@exampleshire.example>") && told.contains("Subject: An alarm") && told.contains("Open it."),
            "{told}"
        );
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_an_error_in_a_sentence() {
        let mail = Mail {
            host: "127.0.0.1".into(),
            port: 1,
            from: "desk@exampleshire.example".into(),
            security: "none".into(),
            user: None,
            password_file: None,
        };
        let letter = Letter { to: "a@exampleshire.example".into(), subject: "s".into(), body: "b".into(), id: Uuid::from_u128(9) };
        assert!(matches!(send(&mail, letter).await, Err(MailError::Smtp(_))));
    }
}
