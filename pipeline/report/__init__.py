"""What is handed over of a run: a PDF for the meeting, a workbook, and the figures one by one."""
