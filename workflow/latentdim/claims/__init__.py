"""What papers claim in words, as checks that run: ``claims.yaml`` beside a study, and how each claim ends.

``claims.yaml`` is a list; each item has these keys::

    - id: wae_u_shaped_synthetic_8     # letters, digits and underscores
      source: MaskAAE, section 5.1, Fig. 4a
      text: The Fréchet distance of a WAE is lowest where the latent dimension equals the true one.
      note: generator and iterations are ours    # optional: what a reader of its end must know
      check: {kind: minimum_near, metric: frechet_distance, datasets: [synthetic_8], labels: [wae], near: [6, 10]}

A check is one of the kinds in :mod:`latentdim.claims.kinds`. It looks at one row or more (a dataset and a label, a
place of comparison) and each row ends as

- ``holds`` or ``fails``: as the kind's rule says, where the values' spreads allow it;
- ``undecided``: differences lie within the spreads, fewer than two runs speak, or some of the values asked for lack;
- ``not run``: nothing of what it asks for has a value.

Below the papers' scale a training that hadn't converged decides nothing, and a run that collapsed or diverged upholds
nothing; :mod:`latentdim.claims.caveats` has that rule.

The claim holds where every row does (with ``need: most``, more than half of them) and fails where one does (with
``most``, where no more than half still could hold). Below the papers' scale its end reads ``holds at reduced scale`` or
``fails at reduced scale``.

Where several names stand for a metric or a dataset (``metric: [fid, frechet_classifier]``, ``datasets: [[shapes3d,
shapes3d_rendered]]``), the first is what the paper means and the others stand in for it: of each row the first that
has all values is taken, and the evidence names it. A dataset that the study's scale has a stand-in for needs no list.
"""
