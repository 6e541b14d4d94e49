# ruff: noqa: E501 (characters of two columns)
"""Chinese, Japanese and Thai: copies are found, look-alikes are not folded, two tellings of one event are a story."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.reasons import CopyLevel
from schemas.records import FoldDoc
from tasks.dedupe import CopyDecision
from tasks.fold_index import MemoryIndex
from tests.eval.folding import Folded, fold_one

START = datetime(2026, 3, 2, 8, tzinfo=UTC)

# language: title, report, another telling of it, another event of the same kind
EVENTS = {
    "zh": (
        "渡轮在白沙港外搁浅",
        "周一清晨，一艘载有二百一十二名乘客的渡轮在白沙港外搁浅。海岸警卫队出动六艘救生艇，在两小时内将全部乘客安全转移上岸。"
        "船长林海生说，浓雾中导航设备突然失灵，船体撞上了礁石。港务局表示，将对事故原因展开调查，航线暂停三天。"
        "当地居民为乘客送来热汤和毛毯，医院说有四人受轻伤。",
        "白沙港附近搁浅的渡轮上的乘客周一全部获救。海岸警卫队说，渡轮在浓雾中撞上礁石，二百一十二名乘客由救生艇送上岸，四人受轻伤。"
        "船长林海生正在接受港务局的调查。渡轮公司宣布航线停运三天，并向乘客道歉。",
        "周一下午，红河谷一座煤矿发生瓦斯爆炸，十一名矿工被困井下。救援队正在抽排积水，打通巷道。矿长赵国栋说，爆炸发生时有三十人在井下作业，"
        "其中十九人自行升井。省长要求全力救人，查明原因。",
    ),
    "ja": (
        "白浜沖でフェリー座礁、乗客全員無事",
        "月曜日の早朝、乗客二百十二人を乗せたフェリーが白浜港の沖合で座礁した。海上保安庁は巡視艇六隻を出し、二時間で全員を港に運んだ。"
        "船長の浜田健一さんは、濃い霧の中で航法装置が突然止まり、船底が岩に当たったと話している。港湾局は原因を調べるため、航路を三日間止める。"
        "住民は温かい汁物と毛布を届け、病院によると四人が軽いけがをした。",
        "白浜港の沖で座礁したフェリーの乗客二百十二人は月曜日、全員が救助された。海上保安庁によると、フェリーは濃い霧の中で岩に当たった。"
        "四人が軽いけが。船長の浜田健一さんから港湾局が事情を聴いている。運航会社は航路を三日間休むと発表し、乗客におわびした。",
        "月曜日の午後、赤川町の炭鉱でガス爆発があり、作業員十一人が坑内に閉じ込められた。救助隊は水を抜きながら坑道を進んでいる。"
        "所長の黒木誠さんは、爆発の時に三十人が坑内にいて、十九人は自力で地上に出たと述べた。知事は救助に全力を尽くすよう求めた。",
    ),
    "th": (
        "เรือเฟอร์รี่เกยตื้นนอกท่าเรือหาดขาว",
        "เช้าวันจันทร์ เรือเฟอร์รี่ที่มีผู้โดยสารสองร้อยสิบสองคนเกยตื้นนอกท่าเรือหาดขาว หน่วยยามฝั่งส่งเรือกู้ภัยหกลำพาผู้โดยสารทั้งหมดขึ้นฝั่งภายในสองชั่วโมง "
        "กัปตันสมชาย ทองดี กล่าวว่าอุปกรณ์นำทางหยุดทำงานท่ามกลางหมอกหนา ท้องเรือจึงกระแทกหินโสโครก การท่าเรือจะสอบสวนสาเหตุและหยุดเส้นทางสามวัน "
        "ชาวบ้านนำแกงร้อนและผ้าห่มมาให้ โรงพยาบาลแจ้งว่ามีผู้บาดเจ็บเล็กน้อยสี่คน",
        "ผู้โดยสารเรือเฟอร์รี่ที่เกยตื้นใกล้ท่าเรือหาดขาวปลอดภัยทั้งหมดเมื่อวันจันทร์ หน่วยยามฝั่งกล่าวว่าเรือกระแทกหินโสโครกท่ามกลางหมอกหนา "
        "เรือกู้ภัยพาผู้โดยสารสองร้อยสิบสองคนขึ้นฝั่ง มีผู้บาดเจ็บเล็กน้อยสี่คน การท่าเรือกำลังสอบสวนกัปตันสมชาย ทองดี บริษัทเรือหยุดเส้นทางสามวัน",
        "บ่ายวันจันทร์ เกิดแก๊สระเบิดในเหมืองถ่านหินหุบเขาแดง คนงานสิบเอ็ดคนติดอยู่ใต้ดิน ทีมกู้ภัยกำลังสูบน้ำออกจากอุโมงค์ ผู้จัดการเหมืองวิชัย ศรีสุข "
        "กล่าวว่ามีคนงานสามสิบคนอยู่ใต้ดินขณะระเบิด และสิบเก้าคนออกมาได้เอง ผู้ว่าราชการสั่งให้ช่วยเหลือเต็มที่",
    ),
}
# a note of a template: where its figures go
NOTES = {
    "zh": "周{day}，海港指数收于{index}点，成交额为{volume}亿元。十年期国债收益率报{rate}%，美元兑本币收于{dollar}，原油每桶{oil}美元。交易员将关注明天的就业数据。",
    "ja": "{day}曜日の港湾株価指数は{index}で取引を終え、売買代金は{volume}億円だった。十年物国債の利回りは{rate}%、ドルは{dollar}、原油は一バレル{oil}ドル。市場はあすの雇用統計に注目している。",
    "th": "วัน{day} ดัชนีท่าเรือปิดที่ {index} จุด มูลค่าซื้อขาย {volume} ล้านบาท อัตราผลตอบแทนพันธบัตรสิบปีอยู่ที่ {rate} เปอร์เซ็นต์ ดอลลาร์ปิดที่ {dollar} "
    "น้ำมันดิบบาร์เรลละ {oil} ดอลลาร์ นักลงทุนรอตัวเลขการจ้างงานพรุ่งนี้",
}
DAYS = {"zh": ("二", "三"), "ja": ("火", "水"), "th": ("อังคาร", "พุธ")}


def doc(number: int, language: str, title: str, text: str, hours: float, source: str | None = None) -> FoldDoc:
    return FoldDoc(number, title, text, START + timedelta(hours=hours), source or f"outlet{number}.example", language)


def fold(*docs: FoldDoc) -> tuple[MemoryIndex, list[CopyDecision]]:
    index = MemoryIndex()
    return index, [fold_one(Folded.of(one), index)[0] for one in docs]


def levels(decisions: list[CopyDecision]) -> list[CopyLevel | None]:
    return [decision.own.level if decision.own else None for decision in decisions]


@pytest.mark.parametrize("language", sorted(EVENTS))
def test_reprints_are_found_cut_and_with_other_headlines(language: str) -> None:
    title, report, telling, other = EVENTS[language]
    _, decisions = fold(
        doc(1, language, title, report, 0),
        doc(2, language, title, report.replace("。", " ").replace("，", " "), 1),
        doc(3, language, telling[:12], report[: len(report) * 2 // 3] + other[-12:], 2),
        doc(4, language, title, report[: len(report) * 2 // 5], 3),
        doc(5, language, title, telling, 4),
        doc(6, language, other[:10], other, 5),
    )
    assert levels(decisions) == [None, CopyLevel.EXACT, CopyLevel.NEAR, CopyLevel.EXCERPT, None, None]


@pytest.mark.parametrize("language", sorted(EVENTS))
def test_two_tellings_are_a_story_and_another_event_is_none_of_it(language: str) -> None:
    title, report, telling, other = EVENTS[language]
    index, _ = fold(
        doc(1, language, title, report, 0), doc(2, language, other[:14], other, 1), doc(3, language, telling[:20], telling, 3)
    )
    assert index.story_of(3) == index.story_of(1)
    assert index.story_of(2) != index.story_of(1)


@pytest.mark.parametrize("language", sorted(NOTES))
def test_notes_of_a_template_are_no_copies_and_a_reprint_of_one_is(language: str) -> None:
    first, second = (
        NOTES[language].format(day=day, index=index, volume=volume, rate=rate, dollar=dollar, oil=oil)
        for day, (index, volume, rate, dollar, oil) in zip(
            DAYS[language],
            (("4812.36", "2120", "1.71", "7.12", "68.4"), ("4769.05", "1980", "1.76", "7.18", "69.6")),
            strict=True,
        )
    )
    index, _ = fold(
        doc(1, language, "收盘", first, 0, "quill.example"),
        doc(2, language, "收盘", second, 24, "quill.example"),
        doc(3, language, "收盘", second, 0.5, "rival.example"),
        doc(4, language, "市场", first, 2),
    )
    assert index.root_of(4) == 1
    assert index.root_of(1) == 1
    assert index.root_of(2) == index.root_of(3) != 1


@pytest.mark.parametrize("language", sorted(EVENTS))
def test_short_texts_fold_when_title_and_wording_agree(language: str) -> None:
    """The length of thirty English words: some sixty characters."""
    title, report, _, other = EVENTS[language]
    size = 60 if language != "th" else 110
    _, decisions = fold(
        doc(1, language, title, report[:size], 0),
        doc(2, language, title, report[: size - 6], 1),
        doc(3, language, other[:14], other[:size], 2),
    )
    assert [decision.own is not None for decision in decisions] == [False, True, False]
