"""What pages of ../shared/corpora/pages are, read by hand: their ids only. Pages on which two readers could differ are left out.

Read were all pages whose text is under 150 words or whose verdict was anything but sure, and a sample of the others.
"""

from schemas.reasons import Verdict

_FULL = """
fundus-MalayMail_2024_11_22 zyte-264dc3ae3124 zyte-3252222e61fe andy-93b0931efefc zyte-287e4d9f4af3 zyte-8380689f358c
zyte-702d1da63b8e andy-17d3ef2925f2 zyte-7de5241947a5 andy-972942143220 zyte-8267acacb9e4 andy-e5ef5b511934 zyte-0e014df693f1
fundus-Heise_2024_04_19 wcxb-4011 zyte-921019755f4a fundus-LRT_2024_03_31 andy-45612f70645e andy-5e04ede13c41
andy-a38d3adcbf38 wcxb-0475 fundus-BSZ_2024_05_16 andy-eb0759f205fe zyte-b6906ca016bb fundus-Tagesschau_2023_04_28
fundus-DerFreitag_2025_10_20 andy-d690da78dd6d fundus-DW_2023_06_13 andy-04237839dfc0 zyte-23aaecd14171 zyte-612cd2982662
fundus-MallorcaZeitung_2025_04_16 zyte-a078b3656adc andy-d727824239f0 andy-a1b6b0f219d7 zyte-8b1945303082 zyte-8e3efab59f48
andy-2c02d7ecdb54 fundus-LesEchos_2024_07_18 np4k-cnn_article fundus-BSZ_2025_11_06 andy-cd691d05dd39 andy-05a586a4be32
fundus-TimesOfIndia_2026_04_16 andy-c01d9b50c2b4 andy-be540b35e0d1 andy-ebdcf498abb1 andy-20caadc02808 andy-85578dcea45b
andy-c07bff2225e2 fundus-Aftonbladet_2026_01_08 andy-432466c07605 andy-7e84a06c2b95 fundus-JungeWelt_2024_04_26
zyte-57e2e98887a1 andy-ec24fa0cff74 fundus-LuxemburgerWort_2026_07_12 andy-731f5d862cb4 andy-8c6685fcd8fa
fundus-EuronewsEN_2024_04_30 fundus-Metro_2024_11_29 fundus-Haberturk_2024_07_03 fundus-EveningStandard_2024_05_02
fundus-Tageblatt_2026_01_13 andy-fb8a82dde374 andy-3aa77d0bf5a9 zyte-eecd2575093b andy-2bf75e8fe8fb zyte-ad826691a8a2
andy-05260e064d1c andy-b22d168fa483 andy-11ee8c547f21 andy-4bb91dcdc960 andy-53f76386c180 andy-aa1816ab35f1 andy-bcf821444446
andy-bf7055995937 fundus-APNews_2023_04_28 fundus-KleineZeitung_2025_06_30 mc2020-05761f93558a mc2020-0a5a59efd882
mc2020-2116563f5a47 mc2020-2a7eba73bc44 mc2020-3c7d308bcf47 mc2020-64f4f28eee58 mc2020-766aa0dd99fd mc2020-7f132e7de1ed
mc2020-846cf8c63365 mc2020-93771fe47b63 mc2020-9cdbb2287267 mc2020-a9cbab44800d mc2020-ad2a1c74c89a mc2020-b091fde795e8
mc2020-c591039b4a04 mc2020-cade8217d7d1 mc2020-e0b5aa45e947 mc2020-f0d777f29154 mc2020-f400a386667c mc2020-f477173b4169
mc2020-f4c6e762ffd4 postlight-scan.netsecurity.ne.jp postlight-www.engadget.com trafeval-08c8227258a8 trafeval-0907ba807401
trafeval-0a2737254018 trafeval-0c55e3a3cdac trafeval-0d27a40a4b47 trafeval-27fb538a0f63 trafeval-2cf4b812a7cd
trafeval-303f505d1855 trafeval-3da8cfdfb525 trafeval-439a58896bcc trafeval-49a6622a16ce trafeval-5719f7e065ba
trafeval-5c9c86533614 trafeval-60e8568615a5 trafeval-6ff1b7239fa3 trafeval-7344a948df55 trafeval-76148e7342c6
trafeval-76b62b63415c trafeval-86a7f6480f68 trafeval-9a77679dd62c trafeval-a4c1c57f1c87 trafeval-a5768fdc9e2e
trafeval-a5a2720e4445 trafeval-ae3484530ac9 trafeval-b18b2a048ce0 trafeval-b57990a92775 trafeval-b6b555b0d4a5
trafeval-bb8969f710bb trafeval-bc7c3c0f7192 trafeval-c1f2a382b218 trafeval-ce22705db24d trafeval-cf15d718528f
trafeval-d1a80d5192bb trafeval-d4cbe725300e trafeval-d9e6797b0ea4 trafeval-ebe5086324f2 trafeval-ee6722c4b841
trafeval-f8eb26db8d95 trafeval-f9b09dcc47c4 trafeval-ff3b3fce8902 zyte-ac3c03552046 zyte-c467d507551a zyte-c4a3637c6696
zyte-e372e42c0a3d zyte-ef2b3f268a67
"""
_OTHERS = {
    Verdict.LIVE_BLOG: """
fundus-BR_2024_08_27 mc2020-2b1ed95eaf28
""",
    Verdict.PAYWALL: """
trafeval-5719bd67d107 trafeval-a85d8d3629c3 trafeval-6eb3dedabf4e zyte-042bb7b5feda zyte-7ab16ade3238
""",
    Verdict.TEASER: """
trafeval-579639ec5ab6 trafeval-b05ed10c9116 trafeval-70acfd0166df trafeval-852b8e5937ef postlight-www.yahoo.com
trafeval-95f59f1f67f2 mc2020-d718c423a729
""",
    Verdict.BOT_WALL: """
mc2020-096a0b26eb67
""",
    Verdict.EMPTY: """
mc2020-d9caf465e43c mc2020-70a9a77062fd mc2020-83e39bd6b5b2 mc2020-fc73a34913b5 trafeval-8c6096d3e052
""",
    Verdict.LISTING: """
mc2020-97c3ce2d7d5b trafeval-abee3ef66fe8
""",
    Verdict.GALLERY_OR_VIDEO: """
mc2020-7d3dd85f9e9b mc2020-4baa54fb256f trafeval-30c641a155ab trafeval-f125a788764e trafeval-e29b6cb9329e
trafeval-ff4128231a4b postlight-www.popsugar.com
""",
}

# Labelled after the rules were made, and before anybody saw what they say of these pages: 60 drawn from all pages without a label
# (`random.seed(20261124)`), 24 from the quarter of them with the fewest words (`random.seed(5)`), 4 of them left out.
_FRESH_FULL = """
trafeval-d4bc5f457756 fundus-BSZ_2025_09_09 trafeval-82c2544ca13d zyte-abd9d6291b6b andy-052975914d4b andy-470b12042057
trafeval-7f4b819679db trafeval-c8469dc1035f trafeval-8afe775fa964 andy-dd1764f0c791 trafeval-f3be9724e1c5
trafeval-6201a4860921 trafeval-129df33427db zyte-6ebac05f637e fundus-ABC_2025_01_13 trafeval-b5b19e861190
trafeval-0221ea5395ec postlight-www.today.com trafeval-bad099ccc978 trafeval-da745953d84b trafeval-48f22125ae82
fundus-Sermitsiaq_2025_04_16 andy-718a35efb9f8 trafeval-c9beccc0f843 trafeval-9d6c99f72639 andy-00da2dd64885
trafeval-52a196842011 trafeval-45cd3172b340 trafeval-f8e7c1eaea69 andy-5c2f322a65c7 zyte-70cb2d5bca75 andy-e47dcc838cd9
trafeval-6fd56911129a trafeval-0b99954cc458 trafeval-f4e53065eab7 andy-24526a4865b7 trafeval-b2eb8ea1cf48
trafeval-c440053c28a9 trafeval-904ca04b63a6 trafeval-3c0ee8e4c998 wcxb-0161 zyte-f5c90a6d5253 np4k-cleveland.com1
trafeval-5655c3732f4e fundus-Stern_2023_04_28 andy-6da6ea7b9854 trafeval-3857de862885 fundus-Tageblatt_2025_06_30
trafeval-73abdda07d23 fundus-ABC_2026_04_25 trafeval-093d8119eb43 trafeval-3e3af2d985dd trafeval-aa6827f96413
mc2020-b480aa97d7aa fundus-TheNation_2024_01_11 trafeval-800a67817e79 mc2020-d03453a03e97 andy-2160075923a7
trafeval-cd88b6634af6 andy-6a32c048474b trafeval-76760bfe3274 trafeval-b63bb33e12d5 trafeval-acacd2c8eee6 mc2020-c4cca29ce5a7
andy-f119e4565f71 postlight-www.ipa.go.jp trafeval-0e89059b009c mc2020-02e78aa3cd69 mc2020-8149b8e261c6 trafeval-7d0f8a5bffd3
trafeval-c61b9958eae0 fundus-Isolezwe_2025_11_09 trafeval-fe3cb964d343 trafeval-4785c8b70387 andy-cc076fd37f1a
andy-6d82129983de trafeval-eb10c20fd23e
"""
_FRESH_OTHERS = {
    Verdict.LIVE_BLOG: "fundus-NZZ_2024_07_18",
    Verdict.GALLERY_OR_VIDEO: "trafeval-8cb2ebcc9583",
    Verdict.TEASER: "trafeval-6fc3a325a4e5",
}

LABELS: dict[str, Verdict] = dict.fromkeys(_FULL.split(), Verdict.FULL)
for _verdict, _ids in _OTHERS.items():
    LABELS.update(dict.fromkeys(_ids.split(), _verdict))

FRESH: dict[str, Verdict] = dict.fromkeys(_FRESH_FULL.split(), Verdict.FULL)
for _verdict, _ids in _FRESH_OTHERS.items():
    FRESH.update(dict.fromkeys(_ids.split(), _verdict))
