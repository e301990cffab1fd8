"""`fleet completion`: prints the completion script of a shell."""

import click


@click.command(short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Prints a script that completes commands, options, kinds and names of objects.

    \b
    bash:  eval "$(fleet completion bash)"                            in ~/.bashrc
    zsh:   eval "$(fleet completion zsh)"                             in ~/.zshrc
    fish:  fleet completion fish > ~/.config/fish/completions/fleet.fish
    """  # noqa: D301 - click keeps the lines below \b as they are
    from click.shell_completion import get_completion_class

    script = get_completion_class(shell)
    if script is None:
        raise click.UsageError(f"click knows no completion for {shell}")
    root = ctx.find_root().command
    if shell == "bash":
        # click runs bash to see how old it is, and complains where there is none; any bash since 4.4 will do.
        script._check_version = staticmethod(lambda: None)  # type: ignore[attr-defined] # noqa: SLF001
    click.echo(script(root, {}, "fleet", "_FLEET_COMPLETE").source())
