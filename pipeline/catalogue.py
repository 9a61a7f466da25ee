"""`datasets.toml` read into settings, and what is wrong with it in words."""

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from pipeline import mistakes
from pipeline.errors import ArtifactError, InputError
from pipeline.settings import Dataset, ProfileDataset, ProfileFeature, Settings, TransactionColumns, TransactionsDataset

# Addresses of the web that a dataset's page would stand in the way of.
RESERVED = {
    "assets",
    "audiences",
    "campaigns",
    "customers",
    "data",
    "download",
    "healthz",
    "login",
    "logout",
    "lookup",
    "metrics",
    "migration",
    "personas",
}
RESERVED |= {"quality", "readyz", "reports", "run", "runs", "scoring"}

Catalogue = dict[str, Dataset]
_DATASET: TypeAdapter[Dataset] = TypeAdapter(Annotated[Dataset, Field(discriminator="kind")])
_MODELS: dict[str, type[Settings]] = {"profile": ProfileDataset, "transactions": TransactionsDataset}


def load(path: Path) -> Catalogue:
    """Read a catalogue, and the names that an analyst gave to clusters in `personas.toml` beside it, if there is one.

    Returns:
        Dataset name to its settings, in the order of the file.

    Raises:
        InputError: If the file is missing, is not TOML, or a setting is unknown, missing or out of range.
    """
    catalogue = parse(_text(path), path)
    beside = path.with_name("personas.toml")
    return _named(catalogue, beside) if beside.exists() else catalogue


def parse(text: str, path: Path) -> Catalogue:
    """The same from the text of a catalogue alone; `path` is for messages."""
    blocks = _toml(text, path)
    if not blocks:
        raise InputError(f"{path}: holds no dataset. Add a block such as [mall].")
    return {name: _dataset(path, text, name, block) for name, block in blocks.items()}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file. Name the catalogue with --catalogue FILE.") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}. Save the catalogue as UTF-8.") from None


def _toml(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: not valid TOML: {error}.") from None


def _named(catalogue: Catalogue, path: Path) -> Catalogue:
    """The catalogue with the personas of `path`, a block per dataset and cluster: [mall.3]."""
    text = _text(path)
    named = dict(catalogue)
    for name, clusters in _toml(text, path).items():
        dataset = pick(catalogue, name)
        if not isinstance(clusters, dict):
            raise InputError(
                f"{path}, line {mistakes.line(text, '', name)}: {name!r} stands outside a block. Put it below a [dataset.cluster]."
            )
        try:
            # Validated whole: whether a cluster is there depends on k.
            named[name] = type(dataset).model_validate(dataset.model_dump() | {"personas": clusters})
        except ValidationError as error:
            problem = mistakes.first(error)
            wrong = "is not a setting" if problem["type"] == "extra_forbidden" else problem["msg"].removeprefix("Value error, ")
            cluster, *keys = [str(part) for part in problem["loc"] if part not in ("personas", "[key]")] or [""]
            block = ".".join(filter(None, [name, cluster]))
            where = f"{path}, line {mistakes.line(text, block, *keys)}: {' '.join([f'[{block}]', *keys])}"
            raise InputError(f"{where}: {wrong}. A cluster has name, summary and actions.") from None
    return named


def from_settings(settings: dict[str, Any]) -> Dataset:
    """A dataset's settings as a run's manifest holds them.

    Raises:
        ArtifactError: If they are those of another version.
    """
    try:
        return _DATASET.validate_python(settings)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise ArtifactError(f"The run was built by another version ({where}: {problem['msg']}). Run `python -m pipeline build`.") from None


def pick(catalogue: Catalogue, name: str) -> Dataset:
    """Return one dataset's settings.

    Raises:
        InputError: If the catalogue has no such dataset; names the closest one.
    """
    if name not in catalogue:
        raise InputError(f"No dataset is called {name!r}.{mistakes.closest(name, list(catalogue))} There are: {', '.join(catalogue)}.")
    return catalogue[name]


def _dataset(path: Path, text: str, name: str, block: Any) -> Dataset:
    if not isinstance(block, dict):
        raise InputError(f"{path}, line {mistakes.line(text, '', name)}: {name!r} stands outside a block. Put it below a [name].")
    if name in RESERVED:
        raise InputError(
            f"{path}, line {mistakes.line(text, name)}: [{name}] cannot name a dataset: a page of the web has that address. "
            f"Give it another name, such as [own_{name}]."
        )
    if "name" in block:
        raise InputError(f"{path}, line {mistakes.line(text, name, 'name')}: 'name' is not a setting. The block's heading is the name.")
    try:
        return _DATASET.validate_python({"title": name.replace("_", " ").capitalize()} | block | {"name": name})
    except ValidationError as error:
        raise InputError(_explain(path, text, name, block, error)) from None


def _explain(path: Path, text: str, name: str, block: dict[str, Any], error: ValidationError) -> str:
    """Say the first problem in words: file, line, key, what is wrong, what would be right."""
    problem = mistakes.first(error)
    # A kind that is not known has no place of its own in the error.
    keys = [str(part) for part in problem["loc"] if part not in _MODELS] or ["kind"]
    if keys == ["name"]:
        return f"{path}, line {mistakes.line(text, name)}: [{name}] is no name for a dataset. Use lower-case letters, digits and _."
    where = f"{path}, line {mistakes.line(text, name, *keys)}: [{name}] {'.'.join(keys)}"
    match problem["type"]:
        case "extra_forbidden":
            valid = _valid_keys(str(block.get("kind")), keys[:-1])
            return f"{where} is not a setting.{mistakes.closest(keys[-1], valid)} Valid here: {', '.join(valid)}."
        case "missing":
            return f"{where} is missing. Add it."
        case "union_tag_invalid" | "union_tag_not_found":
            return f"{where} must be 'profile' (a row is a customer) or 'transactions' (a row is an order line)."
        case _:
            return f"{where} = {problem['input']!r}: {problem['msg'].removeprefix('Value error, ')}."


def _valid_keys(kind: str, owner: list[str]) -> list[str]:
    if owner[:1] == ["columns"]:
        return list(TransactionColumns.model_fields)
    if owner[:1] == ["features"]:
        return list(ProfileFeature.model_fields)
    return [key for key in _MODELS[kind].model_fields if key != "name"]
