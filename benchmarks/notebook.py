"""The yardstick: the published method as its author would write it, top to bottom, with the libraries' own defaults.

    python benchmarks/notebook.py OUT

Reads both raw files from the folder `CLIENTELE_RAW` names (`data/raw` without it) and writes one parquet table of customers
per dataset into OUT. Nothing here is tuned and nothing is slowed down; `pipeline.py` measures the product against it.
"""

import os
import sys
from pathlib import Path

import pandas as pd
import umap
from sklearn.cluster import KMeans
from sklearn.metrics import davies_bouldin_score, silhouette_score
from sklearn.preprocessing import StandardScaler

raw = Path(os.environ.get("CLIENTELE_RAW", "data/raw"))
out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)

# Mall customers
mall = pd.read_csv(raw / "Mall_Customers.csv")
mall["Gender"] = mall["Gender"].map({"Male": 0, "Female": 1})
X = StandardScaler().fit_transform(mall[["Age", "Annual Income (k$)", "Spending Score (1-100)", "Gender"]])

labels = KMeans(n_clusters=10, n_init=10, random_state=42).fit_predict(X)
print(f"mall: silhouette {silhouette_score(X, labels):.4f}, Davies-Bouldin {davies_bouldin_score(X, labels):.4f}")

mall["Cluster"] = labels
mall[["UMAP1", "UMAP2"]] = umap.UMAP(random_state=42).fit_transform(X)

# Online retail
sheets = pd.read_excel(raw / "online_retail_II.xlsx", sheet_name=None, engine="openpyxl")
retail = pd.concat(sheets.values(), ignore_index=True)

retail = retail.dropna(subset=["Customer ID"])
retail = retail[~retail["Invoice"].astype(str).str.startswith("C")]
retail = retail[(retail["Quantity"] > 0) & (retail["Price"] > 0)]
retail["TotalPrice"] = retail["Quantity"] * retail["Price"]

snapshot = retail["InvoiceDate"].max() + pd.Timedelta(days=1)
rfm = retail.groupby("Customer ID").agg(
    Recency=("InvoiceDate", "max"),
    Frequency=("Invoice", "nunique"),
    Monetary=("TotalPrice", "sum"),
)
rfm["Recency"] = (snapshot - rfm["Recency"]).dt.days
X = StandardScaler().fit_transform(rfm)

labels = KMeans(n_clusters=10, n_init=10, random_state=42).fit_predict(X)
print(f"retail: silhouette {silhouette_score(X, labels):.4f}, Davies-Bouldin {davies_bouldin_score(X, labels):.4f}, {len(rfm):,} customers")

rfm["Cluster"] = labels
rfm[["UMAP1", "UMAP2"]] = umap.UMAP(random_state=42).fit_transform(X)

mall.to_parquet(out / "mall.parquet")
rfm.reset_index().to_parquet(out / "retail.parquet")
