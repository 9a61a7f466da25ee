"""Order lines of any number as a plain pandas script takes them, top to bottom: what `scale.py` measures the product against.

    python benchmarks/plain.py FOLDER OUT

The method of `notebook.py` on a folder of parquet files. Says on standard error how far it got. The silhouette is that of 10,000
customers: of all it would take a matrix of all pairs.
"""

import sys
from pathlib import Path

import pandas as pd
import umap
from sklearn.cluster import KMeans
from sklearn.metrics import davies_bouldin_score, silhouette_score
from sklearn.preprocessing import StandardScaler

folder, out = Path(sys.argv[1]), Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)

lines = pd.concat([pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))], ignore_index=True)
print(f"{len(lines):,} lines read", file=sys.stderr, flush=True)

lines = lines.dropna(subset=["customer_id"])
lines = lines[~lines["invoice"].astype(str).str.startswith("C")]
lines = lines[(lines["quantity"] > 0) & (lines["price"] > 0)]
lines["total"] = lines["quantity"] * lines["price"]

snapshot = lines["invoiced_at"].max() + pd.Timedelta(days=1)
rfm = lines.groupby("customer_id").agg(
    Recency=("invoiced_at", "max"),
    Frequency=("invoice", "nunique"),
    Monetary=("total", "sum"),
)
rfm["Recency"] = (snapshot - rfm["Recency"]).dt.days
print(f"{len(rfm):,} customers measured", file=sys.stderr, flush=True)

X = StandardScaler().fit_transform(rfm)
labels = KMeans(n_clusters=10, n_init=10, random_state=42).fit_predict(X)
silhouette = silhouette_score(X, labels, sample_size=10_000, random_state=42)
print(f"clustered: silhouette {silhouette:.4f}, Davies-Bouldin {davies_bouldin_score(X, labels):.4f}", file=sys.stderr, flush=True)

rfm["Cluster"] = labels
rfm[["UMAP1", "UMAP2"]] = umap.UMAP(random_state=42).fit_transform(X)
print("mapped", file=sys.stderr, flush=True)

rfm.reset_index().to_parquet(out / "customers.parquet")
