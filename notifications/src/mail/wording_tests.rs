//! The mails that the specification does not word.

use super::{samples::samples, tests::letter};
use crate::domain::{Language, Template};

/// All texts of the templates that the specification does not word, as their readers see them.
#[test]
fn the_other_mails_in_both_languages() {
    let mut texts = String::new();
    for template in [
        Template::TicketUnassigned,
        Template::TicketCommented,
        Template::TicketResolved,
        Template::SlaWarning,
        Template::FileRefused,
        Template::Welcome,
        Template::RoleChanged,
        Template::ReportReady,
        Template::Digest,
    ] {
        for language in Language::ALL {
            let letter = letter(&samples(template).remove(0), language, "Zoë");
            texts.push_str(&format!("# {}\n{}\n", letter.subject, letter.text));
        }
    }
    insta::assert_snapshot!(texts, @"
    # Nouveau ticket à prendre en charge - #HD-000042
    Bonjour Zoë,

    Un nouveau ticket est arrivé et n'est assigné à personne.

    Détails:
    - Numéro: #HD-000042
    - Titre: Imprimante <3e étage> & scanner
    - Priorité: HIGH
    - SLA: 31/01/2026 à 18:00 (UTC)
    - Créé par: —

    Merci de le prendre en charge rapidement.

    # New ticket to take care of - #HD-000042
    Hello Zoë,

    A new ticket came in and is assigned to nobody.

    Details:
    - Number: #HD-000042
    - Title: Imprimante <3e étage> & scanner
    - Priority: HIGH
    - SLA: 31 January 2026 at 18:00 (UTC)
    - Created by: —

    Please take care of it soon.

    # Nouveau commentaire - ticket #HD-000042
    Bonjour Zoë,

    Un commentaire a été ajouté au ticket #HD-000042 (Imprimante <3e étage> & scanner).

    Commentaire:
    Le toner était vide.
    Bonne journée !

    # New comment - ticket #HD-000042
    Hello Zoë,

    A comment was added to ticket #HD-000042 (Imprimante <3e étage> & scanner).

    Comment:
    Le toner était vide.
    Bonne journée !

    # Ticket #HD-000042 résolu
    Bonjour Zoë,

    Le ticket #HD-000042 (Imprimante <3e étage> & scanner) a été résolu. Si le problème persiste, répondez dans le ticket.

    Changements:
    - Priorité: LOW → HIGH
    - Catégorie: software → hardware

    Commentaire:
    Le toner était vide.
    Bonne journée !

    # Ticket #HD-000042 resolved
    Hello Zoë,

    Ticket #HD-000042 (Imprimante <3e étage> & scanner) has been resolved. If the problem persists, answer in the ticket.

    Changes:
    - Priority: LOW → HIGH
    - Category: software → hardware

    Comment:
    Le toner était vide.
    Bonne journée !

    # SLA bientôt dépassé - ticket #HD-000042
    Bonjour Zoë,

    Le délai de première réponse à ce ticket sera bientôt dépassé.

    Détails:
    - Numéro: #HD-000042
    - Titre: Imprimante <3e étage> & scanner
    - Priorité: HIGH
    - Échéance: 31/01/2026 à 18:00 (UTC)
    - Créé par: —

    Merci de vous en occuper avant cette échéance.

    # SLA about to be breached - ticket #HD-000042
    Hello Zoë,

    The time for a first answer to this ticket is nearly over.

    Details:
    - Number: #HD-000042
    - Title: Imprimante <3e étage> & scanner
    - Priority: HIGH
    - Due: 31 January 2026 at 18:00 (UTC)
    - Created by: —

    Please see to it before then.

    # Fichier refusé
    Bonjour Zoë,

    Un fichier que vous avez envoyé a été refusé, car un programme malveillant y a été trouvé. Il n'a pas été conservé.

    - Fichier: facture.pdf.exe
    - Trouvé: Win.Test.EICAR_HDB-1

    Le ticket : https://help.example.com/tickets/00000000-0000-0000-0000-00000000002a

    Cordialement,
    L'équipe Support

    # File refused
    Hello Zoë,

    A file that you sent was refused, for malware was found in it. It was not kept.

    - File: facture.pdf.exe
    - Found: Win.Test.EICAR_HDB-1

    The ticket: https://help.example.com/tickets/00000000-0000-0000-0000-00000000002a

    Kind regards,
    The Support team

    # Bienvenue
    Bonjour Zoë,

    Votre compte a été créé.

    Vous pouvez ouvrir un ticket et suivre son évolution dans votre espace : https://help.example.com

    Cordialement,
    L'équipe Support

    # Welcome
    Hello Zoë,

    Your account has been created.

    You can open a ticket and follow its progress in your account: https://help.example.com

    Kind regards,
    The Support team

    # Votre rôle a été modifié
    Bonjour Zoë,

    Votre rôle a été modifié le 31/01/2026 à 10:00 (UTC) : user → agent.

    Reconnectez-vous pour en disposer.

    Cordialement,
    L'équipe Support

    # Your role was changed
    Hello Zoë,

    Your role was changed on 31 January 2026 at 10:00 (UTC): user → agent.

    Sign in again to make use of it.

    Kind regards,
    The Support team

    # Rapport hebdomadaire: niveaux de service, du 19/01/2026 au 25/01/2026
    Bonjour Zoë,

    Voici les chiffres, du 19/01/2026 au 25/01/2026 (UTC), à comparer avec la semaine précédente:

    - Tickets ouverts: 1 284 (avant: 963; +321, +33 %)
    - Avertissements de SLA: 12 (avant: 12; ±0)
    - Dépassements de SLA: 3 (avant: 5; −2, −40 %)
    - Dépassements par ticket ouvert: 0,23 % (avant: 0,52 %; −0,29 pt)
    - Alertes de SLA: 1 (avant: 0; +1)

    Le rapport complet avec ses courbes, pour les administrateurs connectés:
    https://help.example.com/audit/reports/sla?from=2026-01-19T00:00:00Z&to=2026-01-26T00:00:00Z&format=html

    Cordialement,
    L'équipe Support

    # Weekly report: service levels, 19 January 2026 to 25 January 2026
    Hello Zoë,

    These are the figures of 19 January 2026 to 25 January 2026 (UTC), beside those of the week before:

    - Tickets opened: 1,284 (before: 963; +321, +33%)
    - SLA warnings: 12 (before: 12; ±0)
    - SLA breaches: 3 (before: 5; −2, −40%)
    - Breaches per ticket opened: 0.23% (before: 0.52%; −0.29 pt)
    - SLA alerts: 1 (before: 0; +1)

    The full report with its plots, for administrators who are signed in:
    https://help.example.com/audit/reports/sla?from=2026-01-19T00:00:00Z&to=2026-01-26T00:00:00Z&format=html

    Kind regards,
    The Support team

    # Vos notifications (7)
    Bonjour Zoë,

    Voici ce qui est arrivé depuis le dernier message :

    - Ticket #HD-000042 créé - Imprimante <3e étage> & scanner
      https://help.example.com/tickets/00000000-0000-0000-0000-00000000002a
    - Nouveau commentaire - ticket #HD-000042
      https://help.example.com/tickets/00000000-0000-0000-0000-00000000002a
    - Ticket #HD-000042 résolu
      https://help.example.com/tickets/00000000-0000-0000-0000-00000000002a

    Et 4 de plus dans votre espace.

    Cordialement,
    L'équipe Support

    # Your notifications (7)
    Hello Zoë,

    This is what happened since the last message:

    - Ticket #HD-000042 created - Imprimante <3e étage> & scanner
      https://help.example.com/tickets/00000000-0000-0000-0000-00000000002a
    - New comment - ticket #HD-000042
      https://help.example.com/tickets/00000000-0000-0000-0000-00000000002a
    - Ticket #HD-000042 resolved
      https://help.example.com/tickets/00000000-0000-0000-0000-00000000002a

    And 4 more in your account.

    Kind regards,
    The Support team
    ");
}
