# ruff: noqa: E501 - a page a line reads better than one broken up
"""Invented pages of the kinds that the corpora lack: walls, lists, galleries, live blogs, in several languages and manners.

Each is (address path, HTML, verdict). Outlets, people and events are made up; the wording is that of a kind of page, not
of one site. Half of them (by a hash of the name) are kept as a check: no rule is made by looking at those.
"""

from schemas.reasons import Verdict

V = Verdict

_EN = (
    "The harbour board of Velmouth voted seven to two on Monday to rebuild the north pier before the winter storms set in.",
    "Engineers had warned since March that the wooden piles, some of them laid in 1911, might not stand another season.",
    "“We can mend it now or fish it out of the water later,” said the board's chair, Ilse Marrow, after the vote.",
    "The work is to cost 2.4 million crowns, a third of which the port's insurers have promised to bear.",
    "Two members voted against, since the ferry company had not said whether it would use the pier again.",
    "Until the spring, boats will land at the coal quay, and the night ferry will leave half an hour later than usual.",
)
_DE = (
    "Der Gemeinderat von Obertann hat am Dienstag beschlossen, die alte Mühle am Bach zu kaufen und zum Museum zu machen.",
    "Die Eigentümerin, Rosa Kehlert, hatte das Haus im Frühjahr angeboten, nachdem ein Makler abgesprungen war.",
    "„Wir wollten nicht zusehen, wie dort Ferienwohnungen entstehen“, sagte Bürgermeister Jonas Teller nach der Sitzung.",
    "Der Preis beträgt 640.000 Kronen, hinzu kommen die Kosten für das Dach, das seit dem Sturm im Januar undicht ist.",
    "Im Herbst soll ein Verein gegründet werden, der die Führungen übernimmt und das Mühlrad wieder in Gang setzt.",
)
_ES = (
    "El ayuntamiento de Valdoria aprobó el lunes un plan para plantar tres mil árboles en las orillas del río Sarga.",
    "Los vecinos llevaban años pidiendo sombra en el paseo, donde en verano se superan los cuarenta grados.",
    "“Es la obra más barata y la que más se va a notar”, dijo la concejala Inés Robledo al salir del pleno.",
    "Las primeras encinas llegarán en noviembre, cuando la tierra esté húmeda, y se regarán con agua del depósito viejo.",
)
_FR = (
    "Le conseil municipal de Montrelle a décidé lundi de rouvrir la ligne de tramway abandonnée depuis trente ans.",
    "Les rails sont encore en place sur la plus grande partie du parcours, sous une mince couche de bitume.",
    "« Il suffit de les dégager », assure l'adjoint aux transports, Paul Verdan, qui compte sur des rames d'occasion.",
    "Les travaux doivent commencer au printemps et durer dix-huit mois, pour un coût de neuf millions de couronnes.",
)
_HEADLINES = (
    "Harbour board votes to rebuild the north pier", "Night ferry to leave half an hour later", "School choir wins a prize in Lindau",
    "Old mill becomes a museum after all", "Council plants three thousand trees by the river", "Tram line to open again in spring",
    "Fishermen ask for a later closing season", "Library extends its hours on Saturdays", "Storm takes the roof off the market hall",
    "Bakers' strike ends after nine days", "New bridge will carry bicycles only", "Museum finds a map that was thought lost",
    "Swimmers cross the bay for the tenth time", "Police look for owner of forty hens", "Bus drivers get a new timetable",
    "Gallery shows paintings of the great flood", "Farmers expect a thin harvest of plums", "Chess club moves into the old bank",
)  # fmt: skip


def _p(*lines: str) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def _nav(links: int = 8) -> str:
    names = ("World", "Politics", "Business", "Sport", "Culture", "Science", "Weather", "Opinion", "Letters", "Obituaries")
    return (
        "<header><nav><ul>" + "".join(f"<li><a href='/{n.lower()}'>{n}</a></li>" for n in names[:links]) + "</ul></nav></header>"
    )


def _list(count: int, tag: str = "h3") -> str:
    return "".join(
        f"<div class='card'><{tag}><a href='/news/{n}'>{_HEADLINES[n % len(_HEADLINES)]}</a></{tag}></div>" for n in range(count)
    )


def _page(title: str, body: str, *, head: str = "", lang: str = "en", h1: bool = True, nav: bool = True) -> str:
    heading = f"<h1>{title}</h1>" if h1 else ""
    foot = "<footer><p>About us</p><p>Contact</p><p>© The Velmouth Courier</p></footer>" if nav else ""
    return (
        f"<!doctype html><html lang='{lang}'><head><meta charset='utf-8'><title>{title}</title>{head}</head>"
        f"<body>{_nav() if nav else ''}<main>{heading}{body}</main>{foot}</body></html>"
    )


def _ld(**values: object) -> str:
    import json

    return f"<script type='application/ld+json'>{json.dumps({'@context': 'https://schema.org', **values})}</script>"


_ARTICLE = _ld(**{"@type": "NewsArticle", "headline": "x"})
_OG = "<meta property='og:type' content='article'>"
_PAID = _ld(**{"@type": "NewsArticle", "headline": "x", "isAccessibleForFree": False})
_LIVE = _ld(**{"@type": "LiveBlogPosting", "headline": "x", "liveBlogUpdate": [{"@type": "BlogPosting", "headline": "y"}] * 7})


def _updates(lines: tuple[str, ...], hours: int = 8) -> str:
    return "".join(f"<div class='entry'><time>{9 + n}:15</time><p>{lines[n % len(lines)]}</p></div>" for n in range(hours))


def _figures(count: int, tag: str = "figure") -> str:
    return "".join(
        f"<{tag}><img src='/i/{n}.jpg' alt='Picture {n}'><figcaption>The pier, {n + 1}</figcaption></{tag}>" for n in range(count)
    )


# fmt: off
PAGES: dict[str, tuple[str, str, V]] = {
    # ------------------------------------------------------------ whole articles, with what misleads
    "full plain": ("/news/pier", _page("Board votes for a new pier", _p(*_EN), head=_ARTICLE), V.FULL),
    "full brief": ("/news/pier", _page("Night ferry leaves later", _p(_EN[5]), head=_OG), V.FULL),
    "full German brief": ("/a/1", _page("Gemeinde kauft Mühle", _p(*_DE[:2]), lang="de"), V.FULL),
    "full Spanish": ("/a/2", _page("Tres mil árboles", _p(*_ES), lang="es", head=_OG), V.FULL),
    "full French": ("/a/3", _page("Le tramway revient", _p(*_FR), lang="fr"), V.FULL),
    "full with a subscription box": (
        "/a/4", _page("Board votes", _p(*_EN) + "<aside class='newsletter'><p>Subscribe now to read more of our stories.</p></aside>"), V.FULL),
    "full with a cookie banner": (
        "/a/5", _page("Board votes", _p(*_EN) + "<div id='cookie-banner'><p>We use cookies. Accept all or manage your preferences.</p></div>"), V.FULL),
    "full about error 404": ("/a/6", _page("What “404 not found” means for old newspapers", _p(*_EN * 2), head=_ARTICLE), V.FULL),
    "full about captchas": ("/a/7", _page("Are you a robot? The captcha turns thirty", _p(*_EN), head=_ARTICLE), V.FULL),
    "full with many links": ("/a/8", _page("Board votes", _p(*_EN[:4]) + f"<section>{_list(30)}</section>", head=_ARTICLE), V.FULL),
    "full with a video on top": ("/a/9", _page("Board votes", "<video src='v.mp4'></video>" + _p(*_EN), head=_OG), V.FULL),
    "full ends with an ellipsis": ("/a/10", _page("A pier and a promise", _p(*_EN[:4], "Whether the ferry comes back, nobody knows…")), V.FULL),
    "full marked as not free": ("/a/11", _page("Board votes", _p(*_EN * 3), head=_PAID), V.FULL),
    "full live in the title": ("/a/12", _page("Choir to sing live in the harbour", _p(*_EN), head=_OG), V.FULL),
    "full gallery word in the title": ("/a/13", _page("Gallery shows paintings of the flood", _p(*_EN), head=_OG), V.FULL),
    "full on a page about consent": ("/a/14", _page("Court rules on cookie consent", _p(*_EN * 2), head=_ARTICLE), V.FULL),
    "full brief under a play on words": ("/a/15", _page("Pier pressure", _p(_EN[5]), head=_OG), V.FULL),
    "full brief with a description": (
        "/a/16", _page("Storm warning lifted", _p("Boats may leave the harbour again, the coast guard of Velmouth said on Friday."),
        head=_OG + "<meta property='og:description' content='The coast guard says that boats may leave again from Friday morning.'>"), V.FULL),
    # ------------------------------------------------------------ teasers
    "teaser ellipsis and link": ("/t/1", _page("Board votes", _p(_EN[0] + " Engineers had warned …") + "<a href='/full'>Read more</a>"), V.TEASER),
    "teaser bracket": ("/t/2", _page("Board votes", _p(_EN[0], "Two members voted against, since the […]")), V.TEASER),
    "teaser characters": ("/t/3", _page("Board votes", _p(_EN[0], "Until the spring, boats will land… [+2041 chars]")), V.TEASER),
    "teaser German": ("/t/4", _page("Mühle", _p(_DE[0], "Die Eigentümerin hatte das Haus ...") + "<p><a href='/m'>Weiterlesen</a></p>", lang="de"), V.TEASER),
    "teaser French": ("/t/5", _page("Tramway", _p(_FR[0] + " Les rails sont [...]") + "<a href='/s'>Lire la suite</a>", lang="fr"), V.TEASER),
    "teaser stated words": ("/t/6", _page("Board votes", _p(_EN[0]), head=_ld(**{"@type": "NewsArticle", "headline": "Board votes", "wordCount": 900})), V.TEASER),
    "teaser cut in a sentence": ("/t/7", _page("Board votes", _p(_EN[0], "Engineers had warned since March that the wooden piles, some of them laid in") + "<a href='/x'>Continue reading</a>", head=_OG), V.TEASER),
    "teaser read more in the text": ("/t/8", _page("Board votes", _p(_EN[0], "Read more…")), V.TEASER),
    "teaser Spanish": ("/t/9", _page("Árboles", _p(_ES[0] + " Los vecinos llevaban años…", "Leer más"), lang="es"), V.TEASER),
    "teaser full story elsewhere": ("/t/10", _page("Board votes", _p(_EN[0], "The board's chair said after the vote that it was …") + "<p><a href='http://other.example/1'>Continue reading at the Lindau Post</a></p>"), V.TEASER),
    # ------------------------------------------------------------ paywalls
    "paywall marked": ("/p/1", _page("Board votes", _p(*_EN[:2]) + "<div class='paywall'><p>Subscribe to continue reading.</p></div>", head=_PAID), V.PAYWALL),
    "paywall unmarked": ("/p/2", _page("Board votes", _p(*_EN[:2]) + "<div class='wall'><h3>This article is for subscribers only</h3><p>Already a subscriber? Log in.</p></div>"), V.PAYWALL),
    "paywall metered": ("/p/3", _page("Board votes", _p(_EN[0]) + "<div id='meter' class='metered-offer'><p>You've reached your limit of free articles.</p></div>", head=_ARTICLE), V.PAYWALL),
    "paywall German": ("/p/4", _page("Mühle", _p(*_DE[:2]) + "<div class='paywall'><p>Jetzt abonnieren und weiterlesen.</p><p>Sie sind bereits Abonnent? Anmelden</p></div>", lang="de", head=_PAID), V.PAYWALL),
    "paywall German ellipsis": ("/p/5", _page("Mühle", _p(_DE[0], "Die Eigentümerin, Rosa Kehlert, hatte …") + "<section><p>Nur für Abonnenten</p><p>Bereits Abonnent? Hier anmelden</p></section>", lang="de"), V.PAYWALL),
    "paywall French": ("/p/6", _page("Tramway", _p(*_FR[:2]) + "<div class='paywall'><p>Il vous reste 80% de cet article à lire. La suite est réservée aux abonnés.</p></div>", lang="fr", head=_PAID), V.PAYWALL),
    "paywall Spanish": ("/p/7", _page("Árboles", _p(*_ES[:2]) + "<div><p>Contenido exclusivo para suscriptores. Suscríbete para seguir leyendo.</p></div>", lang="es"), V.PAYWALL),
    "paywall members": ("/p/8", _page("Board votes", _p(_EN[0]) + "<div class='gate'><p>This post is for paid members</p><p>Already a member? Sign in</p></div>"), V.PAYWALL),
    "paywall trial": ("/p/9", _page("Board votes", _p(_EN[0], _EN[1]) + "<div class='piano-offer'><p>To continue reading, start your free trial today.</p></div>", head=_PAID), V.PAYWALL),
    "paywall dots and sign in": ("/p/10", _page("Board votes", _p(_EN[0], "Two members voted against, since the ferry company...") + "<p>To read the full story, subscribe or sign in.</p>", head=_PAID), V.PAYWALL),
    # ------------------------------------------------------------ consent
    "consent before you continue": ("/", _page("Before you continue", _p("We use cookies and data to deliver our services and show personalised ads.", "If you choose “Accept all”, we will also measure how ads do.") + "<button>Accept all</button><button>Reject all</button>", nav=False), V.CONSENT),
    "consent partners": ("/news/1", _page("Your privacy choices", _p("We and our 712 partners store and access information on your device, such as cookies.", "You can manage your choices at any time.") + "<button>Accept all</button>", nav=False), V.CONSENT),
    "consent German": ("/consent", _page("Zustimmung", _p("Wir verwenden Cookies und ähnliche Techniken.", "Mit Werbung weiterlesen: Alle akzeptieren. Die Cookie-Einstellungen lassen sich jederzeit ändern."), lang="de", nav=False), V.CONSENT),
    "consent French": ("/consent", _page("Respect de votre vie privée", _p("Avec nos partenaires, nous utilisons des cookies.", "Vous pouvez tout accepter, tout refuser ou continuer sans accepter.") + "<button>Tout accepter</button><button>Continuer sans accepter</button>", lang="fr", nav=False), V.CONSENT),
    "consent Spanish": ("/consent", _page("Su privacidad", _p("Nosotros y nuestros socios utilizamos cookies para mostrar anuncios personalizados.") + "<button>Aceptar todo</button><button>Rechazar todo</button>", lang="es", nav=False), V.CONSENT),
    "consent legitimate interest": ("/a/1", _page("The Velmouth Courier", _p("Some partners do not ask for your consent and rely on their legitimate interest.", "See our cookie policy.", "Manage preferences."), nav=False), V.CONSENT),
    "consent Italian": ("/c", _page("Informativa", _p("Noi e i nostri partner utilizziamo i cookie per annunci personalizzati.") + "<button>Accetta tutto</button><button>Rifiuta tutto</button>", lang="it", nav=False), V.CONSENT),
    "consent Dutch": ("/c", _page("Cookies", _p("Wij gebruiken cookies en vergelijkbare technieken.", "Kies zelf uw cookie-instellingen.") + "<button>Alles accepteren</button><button>Alles weigeren</button>", lang="nl", nav=False), V.CONSENT),
    # ------------------------------------------------------------ bot walls
    "bot browser check": ("/a", _page("Just a moment...", _p("Checking your browser before accessing velmouth.example.", "Enable JavaScript and cookies to continue."), nav=False), V.BOT_WALL),
    "bot denied": ("/a", _page("Access Denied", _p("You don't have permission to access this server.", "Reference #18.2f1"), nav=False), V.BOT_WALL),
    "bot human": ("/a", _page("Velmouth Courier", _p("Please verify you are a human.", "Press and hold the button."), nav=False), V.BOT_WALL),
    "bot traffic": ("/a", _page("Sorry", _p("Our systems have detected unusual traffic from your network.", "Please solve the captcha to go on."), nav=False), V.BOT_WALL),
    "bot blocked": ("/a", _page("Blocked", _p("You have been blocked. This website uses a security service against attacks."), nav=False), V.BOT_WALL),
    "bot incident": ("/a", "<html><body>Request unsuccessful. Incident ID: 448000210-77</body></html>", V.BOT_WALL),
    "bot 403": ("/a", "<html><head><title>403 Forbidden</title></head><body><center><h1>403 Forbidden</h1></center><hr><center>web</center></body></html>", V.BOT_WALL),
    "bot German": ("/a", _page("Sicherheitsüberprüfung", _p("Bitte bestätigen Sie, dass Sie kein Roboter sind.", "Lösen Sie dazu das Captcha."), lang="de", nav=False), V.BOT_WALL),
    "bot interruption": ("/a", _page("Pardon our interruption", _p("Something about your browser made us think you were a bot. Please enable JavaScript."), nav=False), V.BOT_WALL),
    # ------------------------------------------------------------ lists
    "listing front page": ("/", _page("The Velmouth Courier", _list(24), h1=False), V.LISTING),
    "listing section": ("/politics/", _page("Politics", _list(20)), V.LISTING),
    "listing tag": ("/tag/harbour", _page("Harbour", _list(18, "h2")), V.LISTING),
    "listing author": ("/author/ilse-tamm", _page("Ilse Tamm", _p("Ilse Tamm writes about the harbour and those who live by it.") + _list(22)), V.LISTING),
    "listing search": ("/search", _page("Results for “pier”", _list(16), head=_ld(**{"@type": "SearchResultsPage"})), V.LISTING),
    "listing archive": ("/archive/2026/09", _page("September 2026", "<ul>" + "".join(f"<li><a href='/{n}'>{h}</a></li>" for n, h in enumerate(_HEADLINES)) + "</ul>"), V.LISTING),
    "listing collection": ("/culture", _page("Culture", _list(30), head=_ld(**{"@type": "CollectionPage", "name": "Culture"})), V.LISTING),
    "listing with leads": ("/category/town", _page("Town", "".join(f"<article><h2><a href='/{n}'>{h}</a></h2><p>{h} this week.</p></article>" for n, h in enumerate(_HEADLINES))), V.LISTING),
    "listing topic with og article": ("/topics/pier", _page("Pier", _list(40), head="<meta property='og:type' content='website'>"), V.LISTING),
    # ------------------------------------------------------------ live blogs
    "live typed": ("/live/pier", _page("Pier vote as it happens", _updates(_EN), head=_LIVE), V.LIVE_BLOG),
    "live title": ("/n/1", _page("Pier vote: live updates", _updates(_EN)), V.LIVE_BLOG),
    "live German": ("/n/2", _page("Liveticker zur Gemeinderatssitzung", _updates(_DE), lang="de"), V.LIVE_BLOG),
    "live blog title": ("/n/3", _page("Storm live blog: ferries stop", _updates(_EN, 12), head=_OG), V.LIVE_BLOG),
    "live Spanish": ("/n/4", _page("Pleno de Valdoria, en directo: última hora", _updates(_ES), lang="es", head=_LIVE), V.LIVE_BLOG),
    "live French": ("/n/5", _page("En direct : le conseil vote sur le tramway", _updates(_FR, 10), lang="fr", head=_LIVE), V.LIVE_BLOG),
    "live short": ("/n/6", _page("Ferry strike: live coverage", _updates(_EN, 3)), V.LIVE_BLOG),
    "live news ticker": ("/n/7", _page("Sturm an der Küste: News-Ticker", _updates(_DE, 9), lang="de"), V.LIVE_BLOG),
    "live Italian": ("/n/12", _page("Il consiglio vota, in diretta", _updates(_ES, 9), lang="it", head=_LIVE), V.LIVE_BLOG),
    "live over": ("/n/13", _page("Pier vote: as it happened", _updates(_EN, 14), head=_OG), V.LIVE_BLOG),
    "live coverage typed": ("/n/14", _page("The long night of Obertann", _updates(_DE, 7), lang="de", head=_LIVE), V.LIVE_BLOG),
    "live blog of an election": ("/live/blog-1", _page("Election live blog: counting in Lindau", _updates(_EN, 6)), V.LIVE_BLOG),
    # ------------------------------------------------------------ galleries and videos
    "video typed": ("/v/1", _page("Council votes", "<video src='v.mp4'></video>" + _p("Watch the vote."), head="<meta property='og:type' content='video.other'>"), V.GALLERY_OR_VIDEO),
    "video path": ("/videos/pier", _page("Video: the pier falls", "<iframe src='https://player.example/embed/1'></iframe>" + _p("The pier fell at noon.")), V.GALLERY_OR_VIDEO),
    "video with a line": ("/n/8", _page("The vote in two minutes", "<video src='v.mp4'></video>" + _p("The harbour board of Velmouth votes, seen from the gallery.")), V.GALLERY_OR_VIDEO),
    "gallery title": ("/n/9", _page("In pictures: the new pier", _figures(14)), V.GALLERY_OR_VIDEO),
    "gallery path": ("/gallery/pier", _page("The new pier", _figures(10) + _p("Our photographer went along.")), V.GALLERY_OR_VIDEO),
    "gallery German": ("/bilder/1", _page("Bilderstrecke: die alte Mühle", _figures(12), lang="de"), V.GALLERY_OR_VIDEO),
    "gallery typed": ("/n/10", _page("The flood", _figures(9), head=_ld(**{"@type": "ImageGallery", "name": "The flood"})), V.GALLERY_OR_VIDEO),
    "podcast path": ("/podcasts/12", _page("Episode 12: the pier", "<audio src='e.mp3'></audio>" + _p("With Ilse Marrow.")), V.GALLERY_OR_VIDEO),
    "video object": ("/n/11", _page("Storm takes the roof", "<video src='v.mp4'></video>" + _p("The roof of the market hall."), head=_ld(**{"@type": "VideoObject", "name": "x"})), V.GALLERY_OR_VIDEO),
    "video declared": (
        "/n/15", _page("The pier falls", _p("Seen from the ferry at noon."), head="<meta property='og:video' content='https://velmouth.example/v.mp4'>"), V.GALLERY_OR_VIDEO),
    "video player card": (
        "/n/16", _page("Morning show of 4 May", _p("With Ilse Marrow."), head=_OG + "<meta name='twitter:player' content='https://velmouth.example/embed/4'>"), V.GALLERY_OR_VIDEO),
    "gallery Spanish": ("/n/17", _page("Fotogalería: los árboles del Sarga", _figures(11), lang="es"), V.GALLERY_OR_VIDEO),
    "gallery French": ("/n/18", _page("Diaporama : le tramway d'hier", _figures(9), lang="fr", head=_OG), V.GALLERY_OR_VIDEO),
    # ------------------------------------------------------------ soft 404
    "404 plain": ("/a", _page("Page not found", _p("Sorry, the page you are looking for does not exist.")), V.NOT_FOUND_PAGE),
    "404 with list": ("/a", _page("404", _p("We can't find that page. Try one of these.") + _list(12)), V.NOT_FOUND_PAGE),
    "404 German": ("/a", _page("Seite nicht gefunden", _p("Die gewünschte Seite gibt es nicht mehr."), lang="de"), V.NOT_FOUND_PAGE),
    "404 removed": ("/a", _page("Velmouth Courier", _p("This article is no longer available."), h1=False), V.NOT_FOUND_PAGE),
    "404 French": ("/a", _page("Page introuvable", _p("La page demandée n'existe plus."), lang="fr"), V.NOT_FOUND_PAGE),
    "404 Spanish": ("/a", _page("Página no encontrada", _p("La página que busca no existe."), lang="es"), V.NOT_FOUND_PAGE),
    "404 error number": ("/a", _page("Error 404", _p("Something went wrong here. Go back to the home page.")), V.NOT_FOUND_PAGE),
    "404 story gone": ("/a", _page("Oops!", _p("The story you requested cannot be found. It may have been moved or deleted.")), V.NOT_FOUND_PAGE),
    # ------------------------------------------------------------ empty
    "empty nothing": ("/a", "", V.EMPTY),
    "empty application": ("/a", "<html><head><title>News</title></head><body><div id='root'></div><script src='a.js'></script></body></html>", V.EMPTY),
    "empty shell": ("/a", _page("Velmouth Courier", "<div class='article'></div>", h1=False), V.EMPTY),
    "empty rights only": ("/a", _page("Board votes", _p("© The Velmouth Courier. All rights reserved.")), V.EMPTY),
    "empty heading": ("/a", _page("Board votes for a new pier", ""), V.EMPTY),
    "empty notice on advertising": ("/a", _page("Harbour board votes to rebuild the north pier", _p(
        "We collect information about which content you look at and use it for adverts that suit you on our network and elsewhere."),
        head=_ARTICLE + "<meta property='og:description' content='Two members voted against, since the ferry company had said nothing.'>"), V.EMPTY),
    "empty rules for comments": ("/a", _page("Old mill becomes a museum after all", _p(
        "Please be polite and stay on topic. We remove insults and do not answer questions about single decisions."),
        head=_OG + "<meta name='description' content='The town has bought the house by the brook; guides are wanted for autumn.'>"), V.EMPTY),
    "empty German notice": ("/a", _page("Gemeinde kauft alte Mühle am Bach", _p(
        "Dieser Inhalt kann hier leider nicht angezeigt werden. Bitte laden Sie dafür unsere kostenlose Anwendung."),
        lang="de", head="<meta property='og:description' content='Das Haus soll zum Museum werden, ein Verein übernimmt Führungen im Herbst.'>"), V.EMPTY),
    "empty old browser": ("/a", _page("Board votes", _p("Your browser is not supported. Please get a newer one to see this page.")), V.EMPTY),
    "empty Spanish rights": ("/a", _page("Tres mil árboles", _p("Todos los derechos reservados. Prohibida su reproducción total o parcial."), lang="es"), V.EMPTY),
    "empty comments": ("/a", "<html><body><!-- nothing here --></body></html>", V.EMPTY),
}
# fmt: on
