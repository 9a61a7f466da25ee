"""Personas of buyers, by recency, frequency and monetary value relative to all buyers of the dataset."""

from pipeline.personas.rules import Condition, Persona

# Standing in recency: 0 bought last of all, 1 longest ago.
LOST = Persona(
    "Lost Customers",
    "Their last order is longer ago than nearly everyone else's.",
    (
        "Send one last offer, and stop mailing those who do not answer",
        "Ask a sample why they left",
        "Leave them out of paid campaigns",
    ),
    ("Churn recovery: a single win-back mailing with a deadline", "Clean-up of mailing lists", "Survey of reasons for leaving"),
    ("Repeated discounts to people who do not open them",),
    (Condition("recency_days", least=0.85),),
)
VIP = Persona(
    "Premium / VIP Spenders",
    "The few who spend far more than nearly everyone else.",
    (
        "Give each a named contact",
        "Agree on volume prices before they ask",
        "Call when an order is later than usual",
    ),
    ("Loyalty programme: by invitation, with early access", "Upselling: larger packs and standing orders", "Account reviews every quarter"),
    ("Mass discounts: they buy without them",),
    (Condition("monetary", least=0.97),),
)
LOYAL = Persona(
    "Loyal High Spenders",
    "They come often, came recently, and spend well above most.",
    (
        "Enrol them in the loyalty programme",
        "Show new products to them first",
        "Ask for reviews and referrals",
    ),
    ("Loyalty programme: points and early access", "Upselling: matching products and bundles", "Referral campaign"),
    ("Win-back wording: they have not left",),
    (Condition("recency_days", most=0.5), Condition("frequency", least=0.75), Condition("monetary", least=0.75)),
)
CHURN_RISK = Persona(
    "Churn Risk",
    "They are not among the smallest spenders, and their last order is longer ago than for most.",
    (
        "Send a reminder with what they bought before",
        "Offer a reason to return within thirty days",
        "Call the largest of them",
    ),
    (
        "Churn recovery: reminder, then offer, then call",
        "Retention campaign on the anniversary of their last order",
        "Check of service complaints",
    ),
    ("Waiting for another quarter",),
    (Condition("recency_days", least=0.5), Condition("monetary", least=0.4)),
)
BUDGET = Persona(
    "Regular Budget Buyers",
    "They bought recently and about as often as others, and spend less than most.",
    (
        "Suggest bundles just above their usual basket",
        "Set free delivery slightly above what they spend",
        "Keep mailings cheap and regular",
    ),
    ("Upselling: bundles and minimum-order rewards", "Loyalty programme: stamps for each order", "Seasonal promotions"),
    ("Expensive personal service",),
    (Condition("recency_days", most=0.5), Condition("frequency", least=0.4), Condition("monetary", most=0.5)),
)
POTENTIAL = Persona(
    "Potential Loyalists",
    "They bought recently and spend a fair amount, but not yet as often or as much as the loyal.",
    (
        "Bring them to the next order soon: a voucher valid for thirty days",
        "Recommend what loyal customers buy next",
        "Invite them to the loyalty programme",
    ),
    ("Loyalty programme: welcome offer for the next order", "Upselling: recommendations after each order", "Onboarding series by mail"),
    ("Treating them as won already",),
    (Condition("recency_days", most=0.5), Condition("monetary", least=0.4)),
)
LOW_VALUE = Persona(
    "Low Value Customers",
    "They spend less than most, and their last order is not among the oldest.",
    (
        "Serve them by automatic mailings only",
        "Test one offer for a second order",
        "Watch for those who start to grow",
    ),
    ("Upselling: a first bundle at a low price", "Automated retention campaign", "Stock clearance mailings"),
    ("Spending more on them than they bring",),
)

# The first that fits names the cluster. Lost stands first: who left longest ago is lost, whatever they once spent.
PERSONAS = (LOST, VIP, LOYAL, CHURN_RISK, BUDGET, POTENTIAL, LOW_VALUE)


def labels(currency: str) -> dict[str, str]:
    """Feature to words, "{}" standing for the number."""
    return {
        "recency_days": "last order {} days ago",
        "frequency": "bought {} times",
        "monetary": f"spent {{}} {currency}",
    }
