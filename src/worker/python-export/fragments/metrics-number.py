# Metrics of numbers.
import numpy as np


def compute_metrics(prediction):
    errors = prediction.predictions.reshape(-1).astype(float) - prediction.label_ids.reshape(-1)
    mse = float((errors**2).mean())
    return {"mse": mse, "rmse": mse**0.5, "mae": float(np.abs(errors).mean())}
