"""A complete small study: what ``latentdim new-study`` writes and the page of study files shows."""

EXAMPLE = """\
title: {title}
question: On data of eight factors, how many dimensions does ARD-VAE keep, and what does a plain VAE make of as many?

protocol:
  name: small MLP
  training:
    network: {{name: mlp, hidden: [256], activation: relu, output: linear}}
    likelihood: gaussian
    optimizer: {{name: adam, learning_rate: 0.001}}
    batch_size: 128
    steps: 1000
  evaluation: {{split: test, n_generated: 2000, n_reference: 2000}}

metrics: [frechet_distance, mse_per_pixel, active, active_jacobian]

grid:
  - datasets: [synthetic_8]   # a name of its own, or one declared under `datasets:`
    methods: {{ard_vae: {{beta: 1.0}}, vae: {{beta: {{sweep: [0.1, 1.0]}}}}}}
    dims: [4, 8, 16]
    seeds: 2
  - datasets: [synthetic_8]   # a control: what a method has to beat
    methods: {{pca: {{}}}}
    dims: [8]

exhibits:
  - kind: curve
    name: curve
    title: Fréchet distance and active dimensions over the size
    options:
      datasets: [synthetic_8]
      left: {{metric: frechet_distance, log: true, curves: [{{label: ard_vae}}, {{label: vae beta=0.1}}]}}
      right: {{metric: active, curves: [{{label: ard_vae}}]}}
  - {{kind: results, name: results, title: All numbers}}
"""
