"""The sessions of a contributor: `nox` alone checks a change, `nox -l` lists all.

Environments are kept between runs. `nox -R -s fast` does not even ask whether they are up to date.
"""

import nox

nox.options.default_venv_backend = "venv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "types", "tests"]

PYTHONS = ["3.11", "3.12", "3.13"]
CORE = "@tests/core.txt"
"""The tests of all that runs without a framework, as arguments for pytest."""
REST = [
    "tests/fixing",
    "tests/formatting",
    "tests/fuzz",
    "tests/inference",
    "tests/oracle",
    "-m",
    "not slow and not frameworks",
]
"""Behind CORE: what takes longer, in folders of its own and marked `generated` in the others."""
BACKENDS = [
    "tests/torch_backend",
    "tests/torch_build",
    "tests/torch_resume",
    "tests/optax_backend",
    "tests/optax_build",
    "tests/optax_resume",
    "tests/mlx_backend",
    "tests/compliance",
]

LOWEST = [
    "lark==1.2.1",
    "click==8.2.1",
    "rich==13.0.0",
    "torch==2.9.0",
    "jax==0.8.1",
    "jaxlib==0.8.1",
    "optax==0.2.6",
    "mlx==0.26.5",
    "pygls==2.0.0",
    "lsprotocol==2025.0.0",
]
"""The lower bounds of pyproject.toml; tests/packaging/test_lowest.py holds the two together."""
LOWEST_PEERS = [
    "flax==0.12.2",
    "equinox==0.13.8",
    "dm-haiku==0.0.17",
    "lightning==2.6.6",
    "accelerate==1.15.0",
    "huggingface-hub==0.36.2",  # of accelerate; newer ones need a newer click
    "regex==2026.11.19",  # of lightning, which would find tests/regex
    "x-transformers==2.31.10",
    "mlx-cpu==0.26.5; sys_platform == 'linux'",
]
"""Libraries of models that run beside those, and what MLX runs on."""


def pytest(session: nox.Session, *arguments: str) -> None:
    """Run pytest on two processes; what follows `--` on nox's command line comes last."""
    session.run("python", "-m", "pytest", "-n", "2", *arguments, *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests but the slow ones, with branch coverage."""
    session.install("-e", ".[test]")
    pytest(session, "--cov", "--cov-report=term-missing:skip-covered")


@nox.session
def fast(session: nox.Session) -> None:
    """Run the tests of the core, in less than a minute and without a framework."""
    session.install("-e", ".[core-test]")
    pytest(session, CORE)


@nox.session(python=PYTHONS)
def pythons(session: nox.Session) -> None:
    """Run the tests of the core on each supported Python."""
    session.install("-e", ".[core-test]")
    pytest(session, CORE, *REST)


@nox.session
def lowest(session: nox.Session) -> None:
    """Run the tests of the core and of the backends with the oldest versions that pyproject.toml allows."""
    session.install("-e", ".[core-test]", *LOWEST, *LOWEST_PEERS)
    # of transformers and peft, which need a newer click
    others = ["tests/mlx_backend/test_mlx_twin.py", "tests/torch_backend/test_known_wrappers.py"]
    pytest(session, CORE, *REST, *BACKENDS, *(f"--ignore={path}" for path in others))


@nox.session
def timm(session: nox.Session) -> None:
    """Run what needs timm, whose torchvision breaks other imports beside a torch without CUDA."""
    session.install("-e", ".[timm]")
    pytest(session, "-m", "timm")


@nox.session
def report(session: nox.Session) -> None:
    """Run the report in a browser: `CHROMIUM` names it, by default the first that is found."""
    session.install("-e", ".[report]")
    pytest(session, "tests/report")


@nox.session
def engines(session: nox.Session) -> None:
    """Run what needs DeepSpeed, Megatron or Opacus: two processes without a GPU."""
    session.install("-e", ".[test]", "setuptools", "wheel", "ninja", "py-cpuinfo")
    # DeepSpeed's build asks torch what to compile: nothing, so that no compiler is needed
    session.install("--no-build-isolation", "-e", ".[engines]", "hatchling", env={"DS_BUILD_OPS": "0"})
    pytest(session, "-m", "engines")


@nox.session
def docs(session: nox.Session) -> None:
    """Run the code on every page, and follow the links."""
    session.install("-e", ".[test]")
    pytest(session, "tests/docs")


@nox.session
def site(session: nox.Session) -> None:
    """Build the site strictly, and check what is in it."""
    session.install("-e", ".[core-test,site]")
    pytest(session, "tests/docs/test_site.py", "tests/docs/test_built_site.py")


@nox.session
def slow(session: nox.Session) -> None:
    """Run what takes hours: every property test with a hundred times as many cases, and the slow tests.

    `nox -s slow -- 1000` multiplies the number of generated cases by 1000 instead of 100.
    """
    session.install("-e", ".[test]")
    factor, *rest = session.posargs or ["100"]
    selected = ("-m", "slow or generated or hypothesis")
    session.run(*("python", "-m", "pytest", "-n", "2"), *selected, *rest, env={"PARAMRULES_EXAMPLES": factor})


@nox.session
def fuzz(session: nox.Session) -> None:
    """Look for inputs that a reader or the evaluator fails on, for a minute.

    `nox -s fuzz -- rules --seconds 3600` takes an hour for one target.
    """
    session.install("-e", ".[core-test]")
    session.run("python", "tests/fuzz/run.py", *session.posargs)


@nox.session
def mutants(session: nox.Session) -> None:
    """Change the core in a hundred places, one at a time, and show the changes that no test notices.

    `nox -s mutants -- 20 emission` tries 20 of one folder.
    """
    session.install("-e", ".[test]", "cosmic-ray==8.7.0")
    session.run("python", "tests/mutants", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    session.install("ruff==0.17.5")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    session.install("-e", ".[test]")
    session.run("mypy")
