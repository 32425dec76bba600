-- What people say. Words are drawn with a frequency that falls with their rank (Zipf and Mandelbrot: as 1 / (rank + 8)),
-- as in any language; behind the ones listed here come names made of syllables, so that the tail is long. From them 4,096 sentences in each language; a text is
-- some of these.
CREATE TABLE helpdesk_seed.lexicon (lang TEXT PRIMARY KEY, glue TEXT[] NOT NULL, words TEXT[] NOT NULL);
INSERT INTO helpdesk_seed.lexicon
SELECT lang, string_to_array(glue, ' '), string_to_array(words, ' ') FROM (VALUES
('fr', 'de la le et les à des en du que pour une est dans un qui ne pas sur au plus par avec je il se nous vous mon ma ce mais'
    || ' depuis quand notre votre après sans avant très toujours encore déjà aussi comme si',
    'problème poste message erreur serveur imprimante compte accès dossier fichier réseau écran mot passe connexion mise jour'
    || ' matin bureau service logiciel application utilisateur collègue demande réponse merci bonjour hier lundi session clavier'
    || ' souris câble étage salle réunion téléphone ligne appel messagerie courriel pièce jointe calendrier partage droit groupe'
    || ' licence version installation redémarrage essai test résultat solution cause panne coupure lenteur blocage écriture lecture'
    || ' sauvegarde restauration copie données base tableau document rapport modèle page navigateur site lien adresse domaine'
    || ' certificat clé jeton badge porte caméra vidéo son micro casque batterie chargeur station dock portable tablette mobile'
    || ' carte puce disque mémoire processeur ventilateur bruit odeur chaleur toner papier bac tiroir bourrage scanner couleur noir'
    || ' format paramètre option menu bouton fenêtre onglet icône raccourci profil rôle équipe responsable direction client'
    || ' fournisseur facture commande contrat projet échéance urgence priorité délai semaine mois heure minute journée vendredi'
    || ' mardi mercredi jeudi soir nuit télétravail maison agence site atelier entrepôt accueil étiquette numéro série inventaire'
    || ' remplacement prêt retour livraison stock achat budget formation guide procédure manuel question précision détail capture'
    || ' journal trace code alerte antivirus virus hameçonnage pare-feu proxy tunnel passerelle routeur commutateur borne signal'
    || ' débit latence paquet perte adressage masque serveur-web pilote micrologiciel correctif mise-à-niveau extension module'
    || ' composant script tâche planification rappel notification abonnement liste diffusion archive corbeille quota espace volume'
    || ' racine chemin permission propriétaire héritage audit conformité politique règle filtre exception dérogation validation'
    || ' signature tampon formulaire champ saisie calcul formule macro graphique export import synchronisation conflit doublon'
    || ' suppression récupération réinitialisation activation désactivation expiration renouvellement verrouillage déverrouillage'
    || ' fonctionne bloque affiche refuse redémarre imprime ouvre ferme enregistre envoie reçoit attend cherche trouve manque'
    || ' impossible lent rapide nouveau ancien vide plein cassé perdu normal étrange aléatoire permanent temporaire distant local'),
('en', 'the to of and a in is it that for on we i you with not this be at have are was as my our your but from when after since by'
    || ' an if or no so all can still again then there has had will would just also before without they he she what',
    'problem computer message error server printer account access folder file network screen password login update morning office'
    || ' service software application user colleague request answer thanks hello yesterday monday session keyboard mouse cable'
    || ' floor room meeting phone line call mail attachment calendar share right group licence version install restart try test'
    || ' result solution cause outage cut slowness freeze write read backup restore copy data database table document report'
    || ' template page browser site link address domain certificate key token badge door camera video sound microphone headset'
    || ' battery charger station dock laptop tablet mobile card chip disk memory processor fan noise smell heat toner paper tray'
    || ' drawer jam scanner colour black format setting option menu button window tab icon shortcut profile role team lead'
    || ' management customer supplier invoice order contract project deadline emergency priority delay week month hour minute day'
    || ' friday tuesday wednesday thursday evening night remote home branch workshop warehouse reception label number serial'
    || ' inventory replacement loan return delivery stock purchase budget training guide procedure manual question detail'
    || ' screenshot log trace code alert antivirus virus phishing firewall proxy tunnel gateway router switch antenna signal'
    || ' bandwidth latency packet loss addressing mask driver firmware patch upgrade extension module component script task'
    || ' schedule reminder notification subscription list archive bin quota space volume root path permission owner inheritance'
    || ' audit compliance policy rule filter exception waiver approval signature stamp form field entry calculation formula macro'
    || ' chart export import synchronisation conflict duplicate deletion recovery reset activation expiry renewal lock unlock'
    || ' works blocks shows refuses restarts prints opens closes saves sends receives waits looks finds misses broken slow fast'
    || ' new old empty full lost normal strange random permanent temporary distant local unable impossible missing wrong correct')
) AS written (lang, glue, words);

CREATE TABLE helpdesk_seed.phrase (lang TEXT, id INT, text TEXT NOT NULL, folded TEXT NOT NULL, PRIMARY KEY (lang, id));
INSERT INTO helpdesk_seed.phrase
SELECT lang, id, text, helpdesk_seed.fold(text) FROM (
    SELECT lang, id, upper(left(line, 1)) || substr(line, 2) || '.' AS text FROM (
        SELECT lang, id, string_agg(word, ' ' ORDER BY n) AS line FROM (
            SELECT lang, id, n, CASE
                WHEN helpdesk_seed.u(key, 100) < 0.42
                    THEN glue[floor(power(cardinality(glue) + 1, helpdesk_seed.u(key, 101)))::int]
                WHEN rank <= cardinality(words) THEN words[rank]
                ELSE syllables[1 + rank % 24] || syllables[1 + rank / 24 % 24] || syllables[1 + rank * 7 % 24]
                END AS word
            FROM (
                SELECT lexicon.*, id, n, key,
                    1 + floor(8 * (power(101, helpdesk_seed.u(key, 102)) - 1))::int AS rank,
                    string_to_array('ba co di fu ga he ji ko lu ma ni po qua re si ta vo xe za tri bel nor sal vin', ' ') AS syllables
                FROM helpdesk_seed.lexicon
                CROSS JOIN generate_series(0, 4095) AS id
                CROSS JOIN LATERAL generate_series(1,
                    6 + floor(8 * helpdesk_seed.u(id + 10000 * ascii(lang), 103))::int) AS n
                CROSS JOIN LATERAL (SELECT (id + 10000 * ascii(lang))::bigint * 32 + n AS key) AS keyed
            ) AS ranked
        ) AS drawn GROUP BY lang, id
    ) AS joined
) AS sentences;

-- The drawers and what lies in them; `low` and `high` are a drawer's share.
CREATE TABLE helpdesk_seed.drawer (number INT PRIMARY KEY, name TEXT, low FLOAT8, high FLOAT8, fr TEXT[], en TEXT[]);
INSERT INTO helpdesk_seed.drawer
SELECT number, name, (sum(share) OVER (ORDER BY number) - share) / 1000.0, sum(share) OVER (ORDER BY number) / 1000.0, fr, en
FROM (VALUES
    (1, 'Software', 240, '{Logiciel de paie,Tableur,Gestion des congés}'::text[], '{Payroll software,Spreadsheet,Leave planner}'::text[]),
    (2, 'Hardware', 180, '{Ordinateur portable,Écran externe,Station d''accueil}', '{Laptop,External screen,Docking station}'),
    (3, 'Access', 140, '{Compte utilisateur,Droits sur un dossier,Badge d''entrée}', '{User account,Folder permissions,Entry badge}'),
    (4, 'Network', 110, '{Wi-Fi,Prise réseau,Accès Internet}', '{Wi-Fi,Network socket,Internet access}'),
    (5, 'Email', 90, '{Boîte aux lettres,Calendrier partagé,Liste de diffusion}', '{Mailbox,Shared calendar,Mailing list}'),
    (6, 'Printing', 70, '{Imprimante,Scanner,Photocopieur}', '{Printer,Scanner,Copier}'),
    (7, 'VPN', 50, '{Tunnel VPN,Télétravail,Bureau à distance}', '{VPN tunnel,Working from home,Remote desktop}'),
    (8, 'Telephony', 40, '{Téléphone fixe,Casque,Renvoi d''appel}', '{Desk phone,Headset,Call forwarding}'),
    (9, 'Storage', 30, '{Lecteur réseau,Sauvegarde,Espace partagé}', '{Network drive,Backup,Shared space}'),
    (10, 'Security', 25, '{Antivirus,Message suspect,Double authentification}', '{Antivirus,Suspicious message,Two-factor sign-in}'),
    (11, 'Meeting rooms', 15, '{Vidéoprojecteur,Visioconférence,Réservation de salle}', '{Projector,Video conference,Room booking}'),
    (12, 'Other', 10, '{Demande diverse,Inventaire,Question}', '{Other request,Inventory,Question}')
) AS drawers (number, name, share, fr, en);

-- 576 titles in each drawer and language: 3 things, 16 faults, 12 places.
CREATE TABLE helpdesk_seed.title (lang TEXT, drawer INT, id INT, text TEXT NOT NULL, folded TEXT NOT NULL,
    PRIMARY KEY (lang, drawer, id));
INSERT INTO helpdesk_seed.title
SELECT lang, drawer, (row_number() OVER (PARTITION BY lang, drawer ORDER BY text COLLATE "C") - 1)::int, text, helpdesk_seed.fold(text)
FROM (
    SELECT 'fr' AS lang, number AS drawer, what || place || ' : ' || fault AS text
    FROM helpdesk_seed.drawer, unnest(fr) AS what,
        unnest('{ne répond plus,très lent depuis ce matin,message d''erreur inconnu,inaccessible,à remplacer,demande d''installation,ne démarre plus,se bloque sans raison,mot de passe refusé,mise à jour impossible,coupures répétées,données manquantes,configuration à revoir,question d''utilisation,affichage incorrect,licence expirée}'::text[]) AS fault,
        unnest('{"",au 1er étage,au 2e étage,au 3e étage,à l''accueil,de la comptabilité,de la direction,de l''entrepôt,du service achats,de l''atelier,salle Ampère,en télétravail}'::text[]) AS raw,
        LATERAL (SELECT CASE raw WHEN '' THEN '' ELSE ' ' || raw END) AS spaced (place)
    UNION ALL
    SELECT 'en', number, what || place || ': ' || fault
    FROM helpdesk_seed.drawer, unnest(en) AS what,
        unnest('{does not respond,very slow since this morning,unknown error message,cannot be reached,needs to be replaced,please install,does not start,freezes at random,password refused,update fails,keeps disconnecting,data missing,settings to be reviewed,how to use it,display is wrong,licence expired}'::text[]) AS fault,
        unnest('{"",on the first floor,on the second floor,on the third floor,at the reception,in accounting,of the management,in the warehouse,in purchasing,in the workshop,in room Ampère,from home}'::text[]) AS raw,
        LATERAL (SELECT CASE raw WHEN '' THEN '' ELSE ' ' || raw END) AS spaced (place)
) AS composed;
