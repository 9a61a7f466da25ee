"""Asking for files, and reading what came."""

import csv
import io
from typing import Any

import openpyxl
from fastapi import FastAPI
from fastapi.testclient import TestClient

from webapp.downloads import router
from webapp.store import Store

Response = Any  # of the test client, whose own class depends on the libraries that are there


def client_of(store: Store, **more: Any) -> TestClient:
    app = FastAPI()
    app.include_router(router(store))
    return TestClient(app, **more)


def text_of(response: Response) -> str:
    assert response.status_code == 200, response.text
    return str(response.content, "utf-8-sig")


def rows_of(response: Response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text_of(response), newline="")))


def column(response: Response, name: str) -> list[str]:
    header, *rows = rows_of(response)
    return [row[header.index(name)] for row in rows]


def book_of(response: Response) -> openpyxl.Workbook:
    assert response.status_code == 200, response.text
    return openpyxl.load_workbook(io.BytesIO(response.content))
