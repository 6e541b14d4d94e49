"""The etiquette, rule by rule: which tests hold which clause. The rules are those of the project's list of good manners.

The tests themselves are in `test_etiquette_*.py`, each with its rule's own words as docstring. Here is the table, and
what fails when a rule has no test or a test no rule.
"""

import ast
from collections import Counter
from pathlib import Path

import pytest

pytestmark = pytest.mark.suite

RULES: dict[str, tuple[str, ...]] = {
    "The first fetch sends none.": ("test_the_first_fetch_sends_none",),
    "Never invent one, never send `null`.": ("test_never_invent_one_never_send_null",),
    "`ETag` and `Last-Modified` are stored byte for byte (quotes, `W/`) and sent back unaltered": (
        "test_etag_goes_back_byte_for_byte",
        "test_last_modified_goes_back_byte_for_byte",
    ),
    "both when both came.": ("test_both_are_sent_when_both_came",),
    "They are updated after every 200, also when the body's hash is unchanged": (
        "test_they_are_updated_after_every_200_also_when_the_body_is_unchanged",
    ),
    "they survive restarts": ("test_they_survive_restarts",),
    "a forced refresh stays conditional.": (
        "test_the_flows_keep_validators_robots_and_due_times",
        "test_a_forced_refresh_stays_conditional",
    ),
    "They belong to a URL, not to a feed: not carried across a redirect": ("test_validators_are_not_carried_across_a_redirect",),
    "or a changed feed URL.": ("test_validators_are_not_carried_to_a_changed_feed_url",),
    "Due times are stored: a restart causes no burst.": ("test_due_times_are_stored_a_restart_causes_no_burst",),
    "Conditional polls at most once an hour by default": ("test_conditional_polls_at_most_once_an_hour_by_default",),
    "unless the feed shows that it publishes faster (then never under 5 minutes)": (
        "test_a_faster_feed_is_asked_more_often_but_never_under_five_minutes",
    ),
    "unconditional at most once a day per feed without validators that never changes its body.": (
        "test_unconditional_at_most_once_a_day_for_a_feed_that_never_changes",
    ),
    "Adaptive interval from the feed's own cadence": ("test_the_interval_follows_the_feeds_own_cadence",),
    "bounded by `Cache-Control: max-age`/`Expires`": (
        "test_the_interval_is_bounded_by_max_age_and_expires",
        "test_a_304_may_carry_the_bound_as_well",
    ),
    "RSS `ttl`": ("test_the_interval_is_bounded_by_ttl",),
    "`skipHours`": ("test_no_poll_falls_into_skip_hours",),
    "`skipDays`": ("test_no_poll_falls_into_skip_days",),
    "`sy:updatePeriod`": ("test_the_interval_is_bounded_by_sy_update_period",),
    "jittered.": ("test_due_times_are_jittered",),
    "429 and 503 with `Retry-After` (seconds or date) are obeyed for the whole registrable domain": (
        "test_the_flows_leave_a_domain_alone_that_asks_for_it",
        "test_retry_after_is_obeyed_for_the_whole_registrable_domain",
        "test_retry_after_is_obeyed_by_the_next_process_as_well",
    ),
    "a bare 429 backs off": ("test_a_bare_429_backs_off",),
    "never followed by an unconditional GET.": ("test_a_429_is_never_followed_by_an_unconditional_get",),
    "Errors back off exponentially to a daily probe, never to silence.": (
        "test_errors_back_off_to_a_daily_probe_never_to_silence",
    ),
    "One request at a time per host": (
        "test_pages_are_asked_one_at_a_time_with_a_gap_per_registrable_domain",
        "test_feeds_of_a_host_are_asked_one_at_a_time",
    ),
    "with a minimum gap (setting; default 1 s for article pages)": (
        "test_pages_are_asked_one_at_a_time_with_a_gap_per_registrable_domain",
        "test_the_gap_holds_from_one_batch_to_the_next",
    ),
    "counted per registrable domain.": (
        "test_pages_are_asked_one_at_a_time_with_a_gap_per_registrable_domain",
        "test_feeds_of_a_registrable_domain_are_asked_one_at_a_time",
    ),
    "A server that answers 304 far beyond the feed's own cadence gets one unconditional probe (stuck-304).": (
        "test_a_server_stuck_at_304_gets_one_unconditional_probe",
        "test_the_probe_is_sent_once_and_polls_are_conditional_again",
    ),
    "301/308 are stored as the feed's new URL (after they held for several polls)": (
        "test_a_permanent_redirect_is_adopted_after_it_held_for_several_polls",
        "test_a_redirect_that_does_not_hold_is_not_adopted",
    ),
    "302/303/307 are not": ("test_a_temporary_redirect_is_followed_but_never_stored",),
    "410 ends polling": ("test_410_ends_polling",),
    "a redirect loop or more than 5 hops is an error with its own reason.": (
        "test_a_loop_or_more_than_five_hops_is_an_error_with_its_own_reason",
    ),
    "Two feeds that end at one URL are reported as the same feed.": (
        "test_two_feeds_that_end_at_one_url_are_reported_as_the_same_feed",
    ),
    "The URL is requested exactly as given: no added query": (
        "test_the_url_is_requested_exactly_as_given",
        "test_a_pages_url_is_requested_exactly_as_the_feed_gave_it",
    ),
    "no Referer": ("test_no_referer_is_sent",),
    "no cookies.": ("test_no_cookies_are_sent_even_after_set_cookie",),
    "Stable `User-Agent: newsfold/VERSION (+URL)` (contact configurable)": ("test_the_user_agent_is_stable_and_names_a_contact",),
    "feed-specific `Accept`": ("test_accept_is_feed_specific",),
    "gzip/br.": (
        "test_gzip_and_br_are_offered_and_read",
        "test_sizes_are_limited_after_decompression",
    ),
    "Feeds that the user listed are fetched as asked": ("test_feeds_that_the_user_listed_are_fetched_as_asked",),
    "article pages, discovery and backfill obey robots.txt": (
        "test_article_pages_obey_robots",
        "test_a_page_behind_a_redirect_obeys_the_other_hosts_robots",
        "test_discovery_obeys_robots",
        "test_an_address_given_to_add_is_searched_only_where_robots_lets_it",
    ),
    "own timeout": ("test_robots_has_its_own_timeout",),
    "cached a day": ("test_robots_is_cached_a_day",),
    "5xx = disallow": ("test_5xx_is_disallow",),
    "4xx = allow": ("test_4xx_is_allow",),
    "`Crawl-delay` honoured": ("test_crawl_delay_is_honoured",),
    "A refusal is a terminal state with its reason.": ("test_a_refusal_is_a_terminal_state_with_its_reason",),
    "TDM reservation (`tdm-reservation` header or meta, `/.well-known/tdmrep.json`)": (
        "test_reserved_text_is_not_stored_by_default",
    ),
    "robots verdicts are recorded per article": ("test_reservation_and_robots_verdict_are_recorded_per_article",),
    "a setting says whether reserved text is stored or only its metadata.": (
        "test_a_setting_says_whether_reserved_text_is_stored",
    ),
    "http(s) only": ("test_http_and_https_only",),
    "ports 80/443/8080/8443 by default": ("test_ports_80_443_8080_8443_by_default",),
    "the address is checked when the socket connects (after DNS, on every redirect)": (
        "test_the_address_is_checked_when_the_socket_connects",
        "test_dns_is_asked_once_so_that_nothing_changes_between_check_and_connect",
    ),
    "loopback, private, link-local, multicast, reserved, cloud metadata and IPv4-mapped/NAT64 forms are refused": (
        "test_forbidden_addresses_are_refused_as_they_stand",
    ),
    "unless a setting allows a host (the tests' own server).": ("test_a_setting_allows_a_host",),
    "Size limits on the wire": ("test_sizes_are_limited_on_the_wire",),
    "and after decompression (gzip/br bombs)": (
        "test_gzip_and_br_are_offered_and_read",
        "test_sizes_are_limited_after_decompression",
    ),
    "header limits": ("test_headers_are_limited",),
    "connect/read/total timeouts (slow drip)": ("test_connect_read_and_total_time_are_limited",),
    "content-type sniffing: a PDF, video or image is a terminal state, not an article.": (
        "test_a_pdf_video_or_image_is_a_terminal_state_not_an_article",
    ),
    "Feed XML: entity bombs, external entities, deep nesting, megabyte lines, NULs, lying encodings": (
        "test_hostile_xml_harms_no_other_feed",
    ),
    "bounded time and memory, a clear error on the feed, the other feeds unharmed.": (
        "test_a_feed_that_can_not_be_read_has_a_clear_error",
    ),
}


def _tests() -> dict[str, str]:
    """Name -> the rule's words that it quotes."""
    return {node.name: ast.get_docstring(node) or "" for node in _functions()}


def _functions() -> list[ast.FunctionDef]:
    files = sorted(Path(__file__).parent.glob("test_etiquette_*.py"))
    found = [node for path in files for node in ast.parse(path.read_text(encoding="utf-8")).body]
    return [node for node in found if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


def test_every_rule_has_a_test() -> None:
    there = _tests()
    missing = {rule: [name for name in names if name not in there] for rule, names in RULES.items()}
    assert {rule: names for rule, names in missing.items() if names} == {}
    assert [rule for rule, names in RULES.items() if not names] == []
    assert len(RULES) >= 60


def test_every_test_belongs_to_a_rule_and_quotes_it() -> None:
    quoted = {name: [rule for rule, names in RULES.items() if name in names] for name in _tests()}
    assert [name for name, rules in quoted.items() if not rules] == []
    for name, words in _tests().items():
        rules = quoted[name]
        assert words and any(words.rstrip(".") in rule or rule.rstrip(".") in words for rule in rules), name


def test_no_two_tests_have_one_name_and_every_test_can_fail() -> None:
    functions = _functions()
    assert [name for name, count in Counter(node.name for node in functions).items() if count > 1] == []
    for node in functions:
        checks = [part for part in ast.walk(node) if isinstance(part, ast.Assert)]
        assert checks, node.name
