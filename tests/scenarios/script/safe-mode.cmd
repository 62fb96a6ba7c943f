REM The example of the article, as it is printed: a blank for a back slash
bcdedit /store F: boot\bcd /set {default} safeboot minimal
