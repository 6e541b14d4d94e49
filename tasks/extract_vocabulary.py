"""Words in class names and ids by which web pages name what is not the article. General web vocabulary only.

Nothing here belongs to one publisher: the words are concepts (sharing, newsletters, comments, related articles …) in
the spellings that themes and content systems use.
"""


def listed(text: str) -> tuple[str, ...]:
    """The words of a list that is written as running text."""
    return tuple(text.split())


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _pairs(text: str) -> frozenset[tuple[str, str]]:
    return frozenset((first, second) for first, _, second in (pair.partition("-") for pair in text.split()))


# Hardly ever anything but furniture.
HARD_TOKENS = _words(
    """
    related relateds recirc recirculation recommend recommended recommendation recommendations recommender
    share shares sharebar sharer sharethis sharedaddy sharetools addthis addtoany addtoblock sociable
    newsletter newsletters mailchimp mailinglist signup optin outbrain taboola zergnet mgid
    comment comments disqus livefyre respond commentlist replies
    breadcrumb breadcrumbs navbar navigation footer cookie cookies gdpr privacy onetrust ccpa modal popup lightbox
    mostread mostpopular toplist pagination pager paginator tagcloud taglist
    caption captions figcaption imagedescription imagecaption legend cptn appstore appstores
    authorbox bio biography readnext skiplink colophon
    """
)
HARD_PAIRS = _pairs(
    """
    also-read read-also read-more read-next see-also more-on more-from more-stories more-news more-articles
    most-read most-popular most-viewed most-recent sign-up follow-us you-may
    next-article previous-article next-post prev-post post-navigation
    author-bio author-box author-info author-card author-profile author-description about-author
    latest-news latest-posts latest-stories top-stories other-news other-articles
    screen-reader sr-only visually-hidden print-only lire-aussi leggi-anche mehr-zum lees-ook
    image-credit photo-credit image-caption wp-caption media-caption article-tags post-tags entry-tags tag-list
    """
)
# Furniture as a rule, but a page may wrap its text in it (a theme's "sidebar layout", a subscriber's part, a form).
STRONG_TOKENS = _words(
    """
    expandable accordion infobox factbox widget widgets video player media embed
    sharing social socials socialmedia subscribe subscription subscriptions subscriber subscribers
    promo promos promobox promotion promotional ad ads adslot adunit advert adverts advertisement advertising
    advertisment anzeige sponsor sponsored sponsors livefeed coral nav menu menus sidebar consent
    trending popular tags keywords byline bylines authorinfo timestamp toolbar readmore login signin noprint
    donate donation copyright
    """
)
STRONG_PAIRS = _pairs(
    """
    sign-in log-in article-author post-author entry-meta post-meta article-meta
    article-footer post-footer entry-footer call-action
    """
)
# These words only hint: such an element keeps its paragraphs and loses its short and linked lines.
WEAK_TOKENS = _words(
    """
    author authors meta teaser teasers topics topic more most latest next prev previous links list card cards tag
    gallery slideshow carousel slider photo image rating poll quiz date time kicker label category categories
    credit credits banner overlay hidden tooltip tools info partner follow button buttons cta box
    """
)
# Beside one of the words above these say how a page is laid out or what it can do.
LAYOUT_TOKENS = _words("has with no not without enabled disabled grid layout")
# Whole lines that are labels, buttons or states of a page; compared by letters and digits only.
UI_LINES = frozenset(
    "".join(line.casefold().split())
    for line in """
    like this
    like loading
    like
    print this page
    print this article
    post navigation
    search for
    meta
    advertisment
    enter your email address
    email address
    your email
    reply
    cancel reply
    powered by wordpress
    contact us
    about us
    view all posts
    listen to this article
    font size
    text size
    a a
    link copied
    link copied to clipboard
    copied
    copied to clipboard
    report an error
    report this ad
    rate this article
    what do you think
    was this helpful
    was this article helpful
    disclaimer
    featured image
    caption
    news desk
    staff reporter
    web desk
    view more
    file photo
    follow by email
    facebook comments
    disqus comments
    content is protected
    error content is protected
    scroll up
    go up
    cookie settings
    manage cookies
    toggle navigation
    toggle menu
    open menu
    close menu
    main menu
    stay connected
    get in touch
    thumbnails
    uncategorized
    no result
    view all result
    trending now
    you are here
    add a comment
    sort by
    newest
    oldest
    most voted
    inline feedbacks
    author
    share
    sharing
    sponsored
    promoted content
    breaking news
    top news
    latest posts
    teilen
    drucken
    kommentare
    zur startseite
    zum thema
    merken
    partager
    imprimer
    commenter
    compartir
    imprimir
    comentar
    compartilhar
    condividi
    stampa
    commenta
    delen
    reageer
    dela
    del
    yorumlar
    paylaş
    поделиться
    комментарии
    分享
    评论
    コメント
    シェア
    """.splitlines()
    if line.strip()
)
