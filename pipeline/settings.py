"""What can be declared of a dataset: frozen, checked settings."""

import re
import zoneinfo
from abc import ABC, abstractmethod
from typing import Annotated, ClassVar, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipeline.naming import LONGEST, slug

Kind = Literal["profile", "transactions"]
Scaling = Literal["standard", "log"]
RfmFeature = Literal["recency_days", "frequency", "monetary"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=LONGEST)]

# What the tables of a profile call their own columns.
TAKEN = {"customer_id", "cluster", "persona", "x", "y", "fit", "next_cluster", "margin", "customers", "share", "reason"}

# What a column says of a line that was given back, unless the catalogue says otherwise.
RETURNED = ("1", "true", "yes", "return", "returned", "refund")

# ISO 4217 currencies whose minor unit is not a hundredth.
_MINOR_DIGITS = {"BHD": 3, "CLP": 0, "ISK": 0, "JOD": 3, "JPY": 0, "KRW": 0, "KWD": 3, "OMR": 3, "TND": 3, "VND": 0}


class Settings(BaseModel):
    """Whatever is declared: unknown settings are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class ProfileFeature(Settings):
    """A number per customer, read from one column; of a category, the number that stands for its word, or a yes or no per word."""

    name: Name
    column: str
    unit: str = ""
    codes: dict[str, float] | None = None
    one_hot: Annotated[tuple[str, ...], Field(min_length=2)] | None = None

    @model_validator(mode="after")
    def _category_is_told_in_one_way(self) -> "ProfileFeature":
        if self.codes and self.one_hot:
            raise ValueError("codes give each word a number, one_hot a feature of its own. Declare one of them")
        return self

    @property
    def names(self) -> dict[str, str | None]:
        """What clustering sees of it: the feature's own name, or one for each word of `one_hot`, with the word."""
        return {slug(f"{self.name}_{word}", self.name): word for word in self.one_hot} if self.one_hot else {self.name: None}

    @property
    def words(self) -> dict[str, float]:
        """For each of `names`, the words of its numbers; none for a plain number."""
        return {"no": 0.0, "yes": 1.0} if self.one_hot else dict(self.codes or {})


class TransactionColumns(Settings):
    """The file's own header for each thing that an order line holds: quantity and unit price, or what the line comes to."""

    customer_id: str
    order_id: str | None = None
    time: str
    quantity: str | None = None
    unit_price: str | None = None
    amount: str | None = None
    returned: str | None = None
    country: str | None = None

    @model_validator(mode="after")
    def _lines_come_to_something(self) -> "TransactionColumns":
        declared = [name for name in ("quantity", "unit_price", "amount") if getattr(self, name) is not None]
        if declared not in (["quantity", "unit_price"], ["amount"]):
            raise ValueError(f"a line needs quantity and unit_price, or amount alone; here are {', '.join(declared) or 'none of them'}")
        return self


class NamedPersona(Settings):
    """What an analyst calls a cluster, in place of what the rules would; actions come before those of the rule."""

    # Charts take < and > for tags.
    name: Annotated[str, Field(pattern=r"^[^<>]+$", max_length=60)]
    summary: str = ""
    actions: tuple[str, ...] = ()


class _Dataset(Settings, ABC):
    name: Name
    title: str
    file: str
    sheets: Literal["all"] | Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    header: bool = True
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    encoding: str = "utf-8"
    decimal: Literal[".", ","] = "."
    k: Annotated[int, Field(ge=2, le=50)] = 10
    lower_k: bool = False
    scaling: Scaling = "standard"
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 42
    duplicates: Literal["keep", "drop"] = "keep"
    # Cluster number to its persona: what `personas.toml` says.
    personas: dict[int, NamedPersona] = Field(default_factory=dict)

    @property
    @abstractmethod
    def source_columns(self) -> dict[str, str]:
        """Canonical name to the file's own header, for every column that is read."""

    @property
    @abstractmethod
    def numeric_columns(self) -> frozenset[str]:
        """The file's own headers of what is read as a number."""

    @property
    @abstractmethod
    def time_column(self) -> str | None:
        """The file's own header of the moment that a row is of; None where rows have none."""

    @model_validator(mode="after")
    def _columns_without_header_are_numbered(self) -> Self:
        named = [] if self.header else [name for name in self.source_columns.values() if not re.fullmatch("column [1-9][0-9]{0,3}", name)]
        if named:
            raise ValueError(f"without a header columns are called 'column 1', 'column 2' and so on; {named[0]!r} is none of them")
        return self

    @model_validator(mode="after")
    def _named_clusters_are_there(self) -> Self:
        beyond = [number for number in self.personas if not 0 <= number < self.k]
        if beyond:
            raise ValueError(f"there is no cluster {beyond[0]}: with k = {self.k} they are 0 to {self.k - 1}")
        return self


class ProfileDataset(_Dataset):
    """One row per customer with attributes."""

    # Whether a customer has one row: of those that repeat, the first is kept.
    one_row_each: ClassVar[bool] = True

    kind: Literal["profile"]
    customer_id: str
    features: Annotated[tuple[ProfileFeature, ...], Field(min_length=1)]
    missing: Literal["reject", "median"] = "reject"

    @model_validator(mode="after")
    def _feature_names_are_distinct(self) -> "ProfileDataset":
        for feature in self.features:
            if len(feature.names) < len(feature.one_hot or ()):
                raise ValueError(f"words of {feature.name} differ only in signs or case: {', '.join(feature.one_hot or ())}. Leave one out")
        names = list(self.feature_names)
        if len(set(names)) < len(names):
            raise ValueError(f"feature names repeat: {', '.join(names)}. Give each its own name")
        taken = [name for name in names if name in TAKEN or name.startswith("check_")]
        if taken:
            raise ValueError(f"a feature cannot be called {taken[0]!r}: a published table has a column of that name. Give it another")
        return self

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the features that clustering sees, in the catalogue's order."""
        return tuple(name for feature in self.features for name in feature.names)

    @property
    def words(self) -> dict[str, dict[str, float]]:
        """Of features that are categories, each word with the number that stands for it."""
        return {name: feature.words for feature in self.features for name in feature.names if feature.words}

    @property
    def source_columns(self) -> dict[str, str]:
        """Canonical name to the file's own header, for every column that is read."""
        return {"customer_id": self.customer_id} | {feature.name: feature.column for feature in self.features}

    @property
    def numeric_columns(self) -> frozenset[str]:
        """The file's own headers of what is read as a number."""
        return frozenset(feature.column for feature in self.features if not feature.words)

    @property
    def time_column(self) -> None:
        """None: a customer is of no moment."""


class TransactionsDataset(_Dataset):
    """One row per order line; without order ids, what a customer buys in a day, or at one timestamp, is an order (`order_per`)."""

    kind: Literal["transactions"]
    columns: TransactionColumns
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    features: Annotated[tuple[RfmFeature, ...], Field(min_length=1)] = get_args(RfmFeature)
    frequency: Literal["orders", "lines"] = "orders"
    order_per: Literal["day", "timestamp"] = "day"
    cancellation_prefix: str | None = None
    returned_words: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    returns: Literal["exclude", "net"] = "exclude"
    zero_price: Literal["exclude", "keep"] = "exclude"
    time_format: str | None = None
    time_zone: str | None = None

    @model_validator(mode="after")
    def _returns_can_be_told(self) -> "TransactionsDataset":
        if self.returned_words and not self.columns.returned:
            raise ValueError("returned_words are those of a column, and columns names none as returned. Name it, or leave the words out")
        if self.cancellation_prefix and not self.columns.order_id:
            raise ValueError("cancellation_prefix is that of an order id, and columns names none. Name it, or leave the prefix out")
        return self

    @field_validator("time_format")
    @classmethod
    def _time_format_is_understood(cls, value: str | None) -> str | None:
        parts = re.findall(r"%(.)", value or "")
        if value is not None and (set(parts) - set("YmdHMS") or not {"Y", "m", "d"} <= set(parts) or len(set(parts)) < len(parts)):
            raise ValueError("a time is written with %Y, %m, %d and, if it has them, %H, %M, %S, each once, for example '%d/%m/%Y %H:%M'")
        return value

    @field_validator("time_zone")
    @classmethod
    def _time_zone_is_known(cls, value: str | None) -> str | None:
        if value is not None and value not in zoneinfo.available_timezones():
            raise ValueError("is no time zone of the IANA database, such as 'Europe/London' or 'America/New_York'")
        return value

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the features that clustering sees, in the catalogue's order."""
        return self.features

    @property
    def words(self) -> dict[str, dict[str, float]]:
        """None: every feature is a number."""
        return {}

    @property
    def source_columns(self) -> dict[str, str]:
        """Canonical name to the file's own header, for every column that is read."""
        return self.columns.model_dump(exclude_none=True)

    @property
    def numeric_columns(self) -> frozenset[str]:
        """The file's own headers of what is read as a number."""
        return frozenset(filter(None, (self.columns.quantity, self.columns.unit_price, self.columns.amount)))

    @property
    def time_column(self) -> str:
        """The file's own header of the moment that a row is of."""
        return self.columns.time

    @property
    def minor_units(self) -> int:
        """How many minor units make one major unit: 100 pence a pound."""
        return int(10 ** _MINOR_DIGITS.get(self.currency, 2))


Dataset = ProfileDataset | TransactionsDataset
