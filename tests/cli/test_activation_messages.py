from tests.commands import RoundsmanCommand


def test_a_message_is_switched_on_and_off_and_listed(roundsman: RoundsmanCommand) -> None:
    assert roundsman("activation", "messages").stdout.count(" off ") == 4
    on = roundsman("activation", "messages", "welcome", "--on", "--channel", "sms", "--channel", "email")
    assert "welcome       on    sms, email  -" in on.stdout
    off = roundsman("activation", "messages", "welcome", "--off")
    assert "welcome       off   sms, email  -" in off.stdout
    wrong = roundsman("activation", "messages", "welcom", "--on")
    assert (wrong.returncode, "there are: welcome, first_order" in wrong.stderr) == (2, True)
