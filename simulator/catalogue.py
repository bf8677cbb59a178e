"""The bank's products, branches, managers and channels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from simulator import schemas
from simulator.randomness import Floats, Ints
from simulator.seasons import Day


@dataclass(frozen=True)
class Product:
    """A product and how readily customers open it by themselves."""

    product_id: str
    label_en: str
    label_zh: str
    category: str
    monthly_rate: float
    """Mean 30-day opening probability of eligible customers who do not hold it."""
    held_share: float
    """Share of customers who hold it at the beginning."""
    needs: str
    """What raises the need: `trait:weight` pairs."""
    margin_bps: int | None = None
    contribution: int | None = None
    """Expected 12-month contribution per opening, minor units."""
    interest_rate: float | None = None
    risk_rating: str | None = None
    is_linked: bool = False
    term_days: int = 0
    opening_share: float = 0.0
    """Median opening amount as a share of the customer's wealth."""
    market: str = ""
    """How its value moves: weekly, daily, or not at all."""
    repayment_method: str | None = None
    is_on_sale: bool = True


PRODUCTS: tuple[Product, ...] = (
    Product("DEMAND-CNY", "Demand account", "活期账户", "demand", 0.0, 1.0, "",
            margin_bps=90, interest_rate=0.0020),
    Product("DEMAND-FX", "Foreign currency account", "外币活期账户", "demand", 0.0045, 0.03,
            "wealth:1 online:0.6 leisure:0.6 app:0.4", margin_bps=60, interest_rate=0.0010,
            opening_share=0.05),
    Product("DEPOSIT-3M", "Time deposit 3 months", "三个月定期存款", "deposit", 0.016, 0.08,
            "wealth:0.8 invest:-0.6 age:0.7 branch:0.5", margin_bps=70, interest_rate=0.0115,
            term_days=90, opening_share=0.20),
    Product("DEPOSIT-1Y", "Time deposit 1 year", "一年定期存款", "deposit", 0.013, 0.10,
            "wealth:0.7 invest:-0.7 age:0.9 cash:0.4", margin_bps=65, interest_rate=0.0145,
            term_days=365, opening_share=0.25),
    Product("DEPOSIT-3Y", "Time deposit 3 years", "三年定期存款", "deposit", 0.007, 0.05,
            "wealth:0.6 age:1 invest:-0.5 activity:-0.6", margin_bps=55, interest_rate=0.0195,
            term_days=1095, opening_share=0.30),
    Product("WEALTH-R2-90D", "Steady wealth plan 90 days", "稳健理财90天", "wealth", 0.018, 0.12,
            "wealth:1 invest:0.8 app:0.4", margin_bps=45, interest_rate=0.0270, risk_rating="R2",
            term_days=90, opening_share=0.30, market="weekly"),
    Product("WEALTH-R3-180D", "Balanced wealth plan 180 days", "均衡理财180天", "wealth", 0.010,
            0.06, "wealth:0.9 invest:1 age:-0.3", margin_bps=60, interest_rate=0.0340,
            risk_rating="R3", term_days=180, opening_share=0.25, market="weekly"),
    Product("FUND-BOND", "Bond fund", "债券基金", "fund", 0.010, 0.07,
            "invest:1 wealth:0.5 app:0.5 cash:-0.3", margin_bps=80, risk_rating="R2",
            opening_share=0.12, market="weekly"),
    Product("FUND-EQUITY", "Equity fund", "股票基金", "fund", 0.012, 0.08,
            "invest:1 app:0.8 age:-0.5 leisure:0.3", margin_bps=150, risk_rating="R4",
            opening_share=0.10, market="daily"),
    Product("INS-PROTECT", "Protection insurance", "保障型保险", "insurance", 0.005, 0.08,
            "age:0.4 branch:0.6 leisure:-0.6 ticket:0.5", contribution=38_000),
    Product("INS-LINKED", "Investment-linked insurance", "投资连结保险", "insurance", 0.0045, 0.03,
            "wealth:0.8 invest:0.7 branch:0.6 age:0.3", margin_bps=160, risk_rating="R3",
            is_linked=True, opening_share=0.25, market="weekly"),
    Product("GOLD-ACC", "Gold accumulation plan", "积存金", "precious_metal", 0.005, 0.03,
            "invest:0.6 leisure:0.7 cash:0.4 wealth:0.3", margin_bps=120, risk_rating="R3",
            opening_share=0.06, market="daily"),
    Product("MORTGAGE-30Y", "Mortgage 30 years", "三十年期住房按揭", "mortgage", 0.0042, 0.08,
            "age:-0.7 ticket:0.8 wealth:0.4 activity:0.5", margin_bps=110, interest_rate=0.0360,
            repayment_method="equal_instalments", term_days=10_950),
    Product("LOAN-CONSUMER", "Consumer loan", "消费贷款", "consumer_loan", 0.008, 0.05,
            "activity:0.8 wealth:-0.8 ticket:0.7 age:-0.4", margin_bps=320,
            interest_rate=0.0540, repayment_method="equal_principal", term_days=730),
    Product("CARD-CLASSIC", "Classic credit card", "标准信用卡", "credit_card", 0.012, 0.25,
            "card:1 age:-0.6 online:0.5", contribution=16_000, interest_rate=0.1825,
            repayment_method="revolving"),
    Product("CARD-GOLD", "Gold credit card", "金卡信用卡", "credit_card", 0.006, 0.08,
            "card:0.8 wealth:0.8 ticket:0.8", contribution=42_000, interest_rate=0.1825,
            repayment_method="revolving"),
    Product("INSTALMENT-12M", "Card instalment 12 months", "信用卡分期12期", "instalment", 0.010,
            0.05, "ticket:0.9 card:0.7 leisure:0.6 wealth:-0.4", contribution=21_000,
            interest_rate=0.0720, repayment_method="equal_instalments", term_days=365),
    Product("PAYROLL-PLAN", "Payroll plan", "代发工资", "payroll", 0.006, 0.45,
            "age:-0.8 activity:0.6 cash:-0.5", contribution=9_000),
    Product("PENSION-III", "Personal pension account", "个人养老金账户", "pension", 0.009, 0.06,
            "age:0.6 app:0.5 invest:0.4 wealth:0.3", contribution=15_000, opening_share=0.05),
    Product("EDU-SAVE", "Education savings", "教育储蓄", "education", 0.004, 0.04,
            "leisure:-0.9 age:-0.3 branch:0.4 ticket:0.4", contribution=7_000,
            opening_share=0.06),
    Product("EPAY-WALLET", "Mobile payment wallet", "手机支付钱包", "e_payment", 0.022, 0.50,
            "online:1 app:0.8 age:-0.6 cash:-0.4", contribution=3_000),
)  # fmt: skip

PRODUCT_INDEX = {product.product_id: index for index, product in enumerate(PRODUCTS)}
DEMAND, FOREIGN, PAYROLL = (PRODUCT_INDEX[p] for p in ("DEMAND-CNY", "DEMAND-FX", "PAYROLL-PLAN"))
LOANS = tuple(PRODUCT_INDEX[p] for p in ("MORTGAGE-30Y", "LOAN-CONSUMER"))
CARDS = tuple(PRODUCT_INDEX[p] for p in ("CARD-CLASSIC", "CARD-GOLD"))
PRODUCT_IDS = pa.array([product.product_id for product in PRODUCTS])

INVESTMENT_RISK = np.array([int((p.risk_rating or "R0")[1]) for p in PRODUCTS])
IS_CREDIT = np.array(
    [p.category in ("mortgage", "consumer_loan", "credit_card", "instalment") for p in PRODUCTS]
)
TERM_DAYS = np.array([p.term_days for p in PRODUCTS])
OPENING_SHARE = np.array([p.opening_share for p in PRODUCTS])
MONTHLY_RATE = np.array([p.monthly_rate for p in PRODUCTS])

CHANNELS = (
    "branch", "rm_call", "remote_bank_call", "sms", "app_push", "wecom", "wechat_official",
    "email", "mini_program",
)  # fmt: skip
CHANNEL_INDEX = {channel: index for index, channel in enumerate(CHANNELS)}
CHANNEL_LABELS = pa.array(CHANNELS)
HUMAN = np.array([True, True, True, False, False, False, False, False, False])
CONTACT_COST = np.array([3_000, 2_500, 800, 5, 1, 10, 2, 1, 1])
REACH = np.array([0.35, 0.55, 0.48, 0.97, 0.95, 0.96, 0.96, 0.93, 0.95])
STRENGTH = np.array([1.25, 1.3, 1.1, 0.85, 0.8, 1.0, 0.75, 0.7, 0.8])

REGIONS = ("Haibin", "Yunling", "Beihe", "Nanshan", "Dongpu", "Xicheng", "Lingxi", "Pingyuan")
BRANCHES = 24
MANAGERS_PER_BRANCH = 3
BRANCH_IDS = pa.array([f"B{number + 1:03d}" for number in range(BRANCHES)])
MANAGER_IDS = pa.array([f"RM{number + 1:04d}" for number in range(BRANCHES * MANAGERS_PER_BRANCH)])
REGION_LABELS = pa.array(REGIONS)


def region_of(branch: Ints) -> Ints:
    """Return the region of each branch number."""
    return branch % len(REGIONS)


@cache
def held_shares() -> Floats:
    """Return the share of customers who hold each product at the beginning."""
    return np.array([product.held_share for product in PRODUCTS])


def products_feed(day: Day, currency_code: str) -> pa.Table:
    """Return the product feed's full snapshot."""

    def column(name: str) -> list[object]:
        return [getattr(product, name) for product in PRODUCTS]

    rates = [None if r is None else f"{r:.9f}" for r in column("interest_rate")]
    return schemas.build(
        "products",
        {
            "product_id": PRODUCT_IDS,
            "label_en": pa.array(column("label_en")),
            "label_zh": pa.array(column("label_zh")),
            "category": pa.array(column("category")),
            "is_investment_linked": pa.array(column("is_linked")),
            "risk_rating": pa.array(column("risk_rating")),
            "annual_margin_bps": pa.array(column("margin_bps"), pa.int32()),
            "unit_contribution": pa.array(column("contribution"), pa.int64()),
            "currency_code": pa.array([currency_code] * len(PRODUCTS)),
            "interest_rate": pa.array(rates, pa.string()).cast(pa.decimal128(18, 9)),
            "repayment_method": pa.array(column("repayment_method"), pa.string()),
            "is_on_sale": pa.array(column("is_on_sale")),
            "updated_at": np.full(len(PRODUCTS), day.cut),
        },
    )
