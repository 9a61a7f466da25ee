"""Charts that the spreadsheet itself draws, out of the cells of a sheet."""

from collections.abc import Sequence
from typing import Any

from openpyxl.chart import BarChart, Reference
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.marker import DataPoint
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties, RegularTextRun

from pipeline.palette import GRID, INDIGO, OTHER

_COLOURS = (OTHER, INDIGO)
# Hundredths of a point.
_TITLE = 1200
# In centimetres: of a chart, and of what each bar adds to one whose bars lie.
_WIDTH, _HEIGHT, _EACH = 22, 9, 0.75


def bars(page: Any, title: str, *, labels: int, values: Sequence[int], rows: int, shown: str, colours: Sequence[str] = ()) -> BarChart:
    """A bar chart of the first rows below a sheet's header.

    Args:
        page: The sheet.
        title: What it shows.
        labels: The column of what each bar is called, counted from 1.
        values: The columns of its lengths, each a series.
        rows: How many rows.
        shown: The number format of lengths.
        colours: Of each bar, where there is one series.
    """
    chart = BarChart()
    chart.type, chart.style, chart.title = "bar", 2, _titled(title)
    chart.width, chart.height = _WIDTH, max(_HEIGHT, round(rows * _EACH * len(values)) + 3)
    for column in values:
        chart.add_data(Reference(page, min_col=column, min_row=1, max_row=rows + 1), titles_from_data=True)
    chart.set_categories(Reference(page, min_col=labels, min_row=2, max_row=rows + 1))
    chart.gapWidth, chart.overlap = 60, 0
    # The first row at the top, as in the table; hidden axes are what openpyxl writes unless it is told.
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.number_format = shown
    chart.y_axis.majorGridlines = ChartLines(GraphicalProperties(ln=LineProperties(solidFill=GRID["light"][1:])))
    chart.y_axis.crosses = "max"
    chart.legend.position = "b"
    if len(values) == 1:
        chart.legend = None
    _paint(chart, colours)
    return chart


def _paint(chart: BarChart, colours: Sequence[str]) -> None:
    for series, colour in zip(chart.series, _COLOURS if len(chart.series) > 1 else (INDIGO,), strict=True):
        series.graphicalProperties.solidFill = colour[1:]
        series.dLbls = DataLabelList(showVal=True, showSerName=False, showCatName=False, showLegendKey=False, showPercent=False)
    for at, colour in enumerate(colours):
        point = DataPoint(idx=at)
        point.graphicalProperties.solidFill = colour[1:]
        chart.series[0].dPt.append(point)


def _titled(words: str) -> Title:
    look = CharacterProperties(sz=_TITLE, b=True)
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=look), r=[RegularTextRun(rPr=look, t=words)])
    return Title(tx=Text(rich=RichText(p=[paragraph])), overlay=False)
